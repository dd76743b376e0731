"""`diarist models` as people call it, against a hub on a real socket."""

import json
import os
import pty
import re
import signal
import subprocess
from collections.abc import Iterator

import pytest

from app.adapters.inbound.cli.sizes import in_words
from tests.architecture.sources import ROOT
from tests.e2e.scene import Scene
from tests.fixtures.hub import COMMIT, NEXT_COMMIT, Hub, serving

NAME = "someone/whisper-tiny"
CHECKPOINT = ROOT / "tests" / "fixtures" / "tiny_whisper" / "checkpoint"


@pytest.fixture
def hub(scene: Scene) -> Iterator[Hub]:
    hub = Hub(repositories={NAME: {path.name: path.read_bytes() for path in CHECKPOINT.iterdir()}})
    with serving(hub):
        more = {"HF_ENDPOINT": hub.url, "HF_HOME": str(scene.cwd / "hf"), "WHISPER_MODEL": NAME}
        scene.env.update(more, MODEL_CACHE_PATH=str(scene.cwd / "converted"), OMP_NUM_THREADS="1")
        yield hub


def test_a_model_comes_is_listed_and_goes(scene: Scene, hub: Hub) -> None:
    ran = scene.diarist("models", "ls")
    assert (ran.status, ran.stdout) == (0, "")
    assert ran.stderr.endswith("Run: diarist models pull\n")
    ran = scene.diarist("models", "pull")
    assert ran.status == 0, ran.stderr
    assert f"{NAME} at {COMMIT[:12]}: converted into {scene.cwd}/converted/ctranslate2/" in ran.stdout
    assert re.search(r"\(ctranslate2, \d MB\)\n$", ran.stdout), ran.stdout
    assert "downloading" in ran.stderr
    assert ran.stderr.endswith("\nconverting\n")
    ran = scene.diarist("models", "ls")
    assert [line.split()[:4] for line in ran.stdout.splitlines()] == [
        ["*", NAME, COMMIT[:12], layout] for layout in ("transformers", "ctranslate2")
    ]
    listed = json.loads(scene.diarist("models", "ls", "--json").stdout)
    assert [model["layout"] for model in listed] == ["transformers", "ctranslate2"]
    ran = scene.diarist("models", "rm", NAME, stdin=subprocess.DEVNULL)
    assert (ran.status, ran.stdout) == (2, "")
    ran = scene.diarist("models", "rm", NAME, "-y")
    freed_bytes = sum(model["size_bytes"] for model in listed)
    assert (ran.status, ran.stdout) == (0, f"{NAME}: removed, {in_words(freed_bytes)} are free again\n")
    assert scene.diarist("models", "ls", "--json").stdout == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["pull", "someone/else"], 1, "the hub has no such model"),
        (["pull", "--engine", "nobody"], 2, "must be one of faster-whisper, whisper"),
        (["rm", "someone/else", "-y"], 1, "no model with id 'someone/else'"),
        (["rm", str(CHECKPOINT), "-y"], 1, "is a folder of yours"),
    ],
)
def test_what_cannot_be_done_is_one_line_with_the_remedy(
    scene: Scene, hub: Hub, arguments: list[str], status: int, said: str
) -> None:
    ran = scene.diarist("models", *arguments)
    assert (ran.status, ran.stdout) == (status, "")
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_refused_connection_is_one_line(scene: Scene, hub: Hub) -> None:
    scene.env["HF_ENDPOINT"] = "http://127.0.0.1:9"
    ran = scene.diarist("models", "pull")
    assert (ran.status, ran.stdout) == (1, "")
    [line] = ran.stderr.splitlines()
    assert "cannot be reached" in line


def test_ctrl_c_ends_a_pull_and_its_child(scene: Scene, hub: Hub) -> None:
    ours, theirs = pty.openpty()
    running = scene.start("models", "pull", stderr=theirs, stdout=subprocess.PIPE)
    os.close(theirs)
    shown = b""
    while b"converting" not in shown:
        shown += os.read(ours, 4096)
    running.send_signal(signal.SIGINT)
    stdout, _ = running.communicate(timeout=30)
    os.close(ours)
    assert (running.returncode, stdout) == (130, b"")
    assert not list((scene.cwd / "converted").rglob("model.bin"))


def test_who_pulls_another_model_is_told_how_to_use_it(scene: Scene, hub: Hub) -> None:
    hub.repositories["openai/whisper-large-v3-turbo"] = hub.repositories[NAME]
    ran = scene.diarist("models", "pull", "turbo", "--engine", "whisper")
    assert ran.stdout.splitlines()[1:] == ["to use it: WHISPER_MODEL=turbo"]
    scene.env["WHISPER_MODEL"] = "turbo"
    ran = scene.diarist("models", "pull", "--engine", "whisper")
    assert len(ran.stdout.splitlines()) == 1
    hub.commit = NEXT_COMMIT
    ran = scene.diarist("models", "pull", "--engine", "whisper", "--revision", NEXT_COMMIT)
    assert ran.stdout.splitlines()[1:] == [
        f"to use it: WHISPER_MODEL=openai/whisper-large-v3-turbo WHISPER_REVISION={NEXT_COMMIT}"
    ]


@pytest.mark.parametrize("here", [True, False])
def test_the_doctor_asks_no_hub_even_where_the_engine_may_download(
    scene: Scene, hub: Hub, here: bool
) -> None:
    if here:
        assert scene.diarist("models", "pull", "--engine", "whisper").status == 0
    hub.asked.clear()
    hub.commit = NEXT_COMMIT
    scene.env["TRANSCRIPTION_ENGINE"] = "faster-whisper"
    ran = scene.diarist("doctor", "--json")
    transcription = json.loads(ran.stdout)["engines"][0]
    assert transcription["reason"] == "named by TRANSCRIPTION_ENGINE"
    assert transcription["problem"] is None if here else "are not here" in transcription["problem"]
    assert hub.asked == []


def test_the_doctor_recommends_a_size(scene: Scene) -> None:
    ran = scene.diarist("doctor", "--no-load")
    assert "\nrecommended for " in ran.stdout
