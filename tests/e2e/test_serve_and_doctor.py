"""`diarist serve` and `diarist doctor`."""

import json
import re
import signal
import socket
import subprocess
from itertools import takewhile

import httpx
import pytest

from tests.architecture.sources import ROOT
from tests.e2e.scene import Scene


def test_the_service_answers_until_ctrl_c(scene: Scene) -> None:
    with scene.start("serve", "--port", "0", stderr=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stderr is not None
        told = b"".join(takewhile(lambda line: b"startup complete" not in line, running.stderr))
        (url,) = re.findall(rb"http://127\S+", told)
        assert httpx.get(f"{url.decode()}/health").status_code == 200
        running.send_signal(signal.SIGINT)
        rest = running.stderr.read()
        assert running.wait(timeout=30) == 0
    assert b"Traceback" not in rest


def test_a_port_that_is_taken_is_named(scene: Scene) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ran = scene.diarist("serve", "--port", port)
    assert ran.status == 1
    assert ran.stderr.startswith(f"diarist: cannot listen on 127.0.0.1 port {port}: Address already in use. ")
    assert len(ran.stderr.splitlines()) == 1


def test_without_a_key_it_serves_nobody_but_this_machine(scene: Scene) -> None:
    ran = scene.diarist("serve", "--host", "0.0.0.0", "--port", "0")
    assert ran.status == 2
    assert ran.stderr == "diarist: APP_HOST: to serve on 0.0.0.0, set an API_KEY that clients must send\n"


@pytest.mark.parametrize("command", ["serve", "doctor"])
@pytest.mark.parametrize(("name", "value"), [("TRANSCRIPTION_ENGINE", "nobody"), ("LOG_LEVEL", "verbose")])
def test_an_impossible_setting_is_one_line(scene: Scene, command: str, name: str, value: str) -> None:
    scene.env[name] = value
    ran = scene.diarist(command)
    assert (ran.status, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"diarist: {name}: ")
    assert len(ran.stderr.splitlines()) == 1


def test_the_doctor_tells_what_would_run_and_why(scene: Scene) -> None:
    ran = scene.diarist("doctor")
    assert (ran.status, ran.stderr) == (0, "")
    assert "transcription: scripted (script), named by TRANSCRIPTION_ENGINE\n" in ran.stdout
    assert f"recordings: {scene.cwd}/data/audio, writable\n" in ran.stdout
    assert ran.stdout.endswith("\nready\n")
    assert scene.left == set()


def test_the_doctor_tells_programs_too(real_scene: Scene) -> None:
    ran = real_scene.diarist("doctor", "--json")
    report = json.loads(ran.stdout)
    assert (ran.status, report["ready"]) == (0, True)
    assert [engine["stage"] for engine in report["engines"]] == [
        "transcription",
        "diarization",
        "voice_activity",
    ]
    assert report["versions"]["av"]


def test_the_doctor_loads_the_engines_to_see_that_they_can_be(scene: Scene) -> None:
    # A device that is named is taken at its word, until something is put on it.
    scene.env.update(
        TRANSCRIPTION_ENGINE="whisper",
        WHISPER_MODEL=str(ROOT / "tests/fixtures/tiny_whisper/checkpoint"),
        WHISPER_DEVICE="cuda:99",
        WHISPER_COMPUTE_TYPE="float32",
    )
    ran = scene.diarist("doctor", "--json")
    report = json.loads(ran.stdout)
    transcription = report["engines"][0]
    assert (ran.status, report["ready"]) == (1, False)
    assert transcription["engine"]["name"] == "whisper"
    assert "cuda:99" in transcription["problem"]
    assert "WHISPER_DEVICE" in transcription["remedy"]
    unloaded = scene.diarist("doctor", "--no-load")
    assert (unloaded.status, unloaded.stdout.splitlines()[-1]) == (0, "ready")


def test_the_doctor_finds_what_is_wrong(scene: Scene) -> None:
    (scene.cwd / "data").write_text("a file where a folder should be")
    ran = scene.diarist("doctor")
    assert ran.status == 1
    assert f"{scene.cwd}/data is no folder" in ran.stdout
    assert ran.stdout.splitlines()[-1].startswith("not ready")


def test_a_folder_that_cannot_be_written_to_is_named_before_anything_starts(scene: Scene) -> None:
    (scene.cwd / "data").write_text("a file where a folder should be")
    ran = scene.diarist("serve", "--port", "0")
    assert ran.status == 2
    assert ran.stderr == f"diarist: AUDIO_STORAGE_PATH: {scene.cwd}/data is no folder\n"
