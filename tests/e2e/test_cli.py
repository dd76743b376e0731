"""`diarist transcribe` as people and scripts call it."""

import json
import os
import pty
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest

from app import __version__
from tests.e2e.scene import TEXT, Scene, write_talk
from tests.fixtures.sounds import cut_off, write_wav
from tests.fixtures.speech import telephone_talk


def test_one_recording_goes_to_standard_output_and_nothing_else_is_said_or_left(
    scene: Scene, talk: Path
) -> None:
    ran = scene.diarist("transcribe", talk)
    assert (ran.status, ran.stdout, ran.stderr) == (0, TEXT, "")
    assert scene.left == set()


def test_without_word_timestamps_the_words_have_none(scene: Scene, talk: Path) -> None:
    for flag, any_words in (("--word-timestamps", True), ("--no-word-timestamps", False)):
        ran = scene.diarist("transcribe", talk, flag, "-f", "json")
        segments = json.loads(ran.stdout)["segments"]
        assert segments
        assert any(segment["words"] for segment in segments) is any_words
        assert all(segment["text"] for segment in segments)


def test_the_embedded_engines_hear_words_and_speakers(real_scene: Scene) -> None:
    recording = write_wav(real_scene.cwd / "phone.wav", telephone_talk()[None])
    ran = real_scene.diarist("transcribe", recording, "--speakers", "2", "-f", "json")
    assert ran.status == 0, ran.stderr
    transcript = json.loads(ran.stdout)
    assert transcript["speakers"] == ["SPEAKER_00", "SPEAKER_01"]
    assert "sheila" in " ".join(segment["text"] for segment in transcript["segments"])
    assert transcript["engine"]["transcription"]["name"] == "pocketsphinx"


def test_standard_input_is_read(scene: Scene, talk: Path) -> None:
    ran = scene.diarist("transcribe", "-", input=talk.read_bytes())
    assert (ran.status, ran.stdout) == (0, TEXT)
    assert scene.left == set()


def test_standard_input_may_be_a_file(scene: Scene, talk: Path) -> None:
    with talk.open("rb") as file:
        ran = scene.diarist("transcribe", "-", "-f", "srt", stdin=file)
    assert ran.status == 0, ran.stderr
    assert ran.stdout.startswith("1\n00:00:00,600 --> ")


def test_several_files_and_formats_go_into_a_folder_and_no_file_takes_the_place_of_another(
    scene: Scene, tmp_path: Path
) -> None:
    named = write_talk(tmp_path / "one" / "talk.wav")
    for path in ("two/talk.wav", "two/deep/talk.WAV", "two/.hidden.wav", "two/notes.txt"):
        write_talk(tmp_path / path)
    ran = scene.diarist(
        "transcribe", named, tmp_path / "two", named, "-f", "srt,vtt", "-f", "srt", "-o", "out"
    )
    assert (ran.status, ran.stdout, ran.stderr) == (0, "", "")
    written = {path.relative_to(scene.cwd / "out").as_posix() for path in scene.cwd.rglob("*.*")}
    stems = ("talk", "talk-2", "deep/talk")
    assert written == {f"{stem}.{extension}" for stem in stems for extension in ("srt", "vtt")}
    assert (scene.cwd / "out" / "deep" / "talk.vtt").read_text().startswith("WEBVTT\n")


def test_turns_and_words_are_told_of_the_recording_by_its_name(scene: Scene, talk: Path) -> None:
    """That is how scoring tools match them with a reference."""
    assert scene.diarist("transcribe", talk, "-f", "ctm").stdout.startswith("talk 1 0.600 ")
    scene.diarist("transcribe", talk, "-f", "rttm", "-o", "out")
    assert (scene.cwd / "out" / "talk.rttm").read_text().startswith("SPEAKER talk 1 0.500 ")
    ran = scene.diarist("transcribe", "-", "-f", "rttm", input=talk.read_bytes())
    assert ran.stdout.startswith("SPEAKER stdin 1 0.500 ")


def test_one_bad_file_does_not_stop_the_others(scene: Scene, talk: Path, tmp_path: Path) -> None:
    noise = tmp_path / "noise.wav"
    noise.write_bytes(b"no sound in here" * 100)
    ran = scene.diarist("transcribe", noise, "absent.wav", talk, "-o", "out")
    assert ran.status == 1
    assert scene.left == {"out", "out/talk.txt"}
    first, second = ran.stderr.splitlines()
    assert first.startswith(f"diarist: {noise}: ")
    assert second.startswith("diarist: absent.wav: ")


def test_a_warning_is_told_and_the_words_stand(scene: Scene, talk: Path) -> None:
    scene.env["DIARIZATION_ENGINE"] = "none"
    ran = scene.diarist("transcribe", cut_off(talk, keep=0.8))
    assert (ran.status, ran.stdout) == (0, "good morning\nhello there\n")
    assert "speakers were not told apart" in ran.stderr
    assert "the recording ends after 4.4 s of 5.5 s" in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--num-speakers", "99"], "--num-speakers: must be between 1 and 64"),
        (["--speakers", "two"], "valid integer"),
        (["--no-diarize", "--speakers", "2"], "--diarize: speaker counts need diarize=true"),
        (["--task", "sing"], "--task: must be transcribe or translate"),
        (["--beam-size", "5"], "--beam-size: scripted does not support it"),
        (["--multilingual"], "--multilingual: scripted does not support it"),
        (["--max-line-width", "3"], "--max-line-width: must be between 10 and 1000"),
        (["--max-cue-duration", "0"], "--max-cue-s: must be between 1 and 600"),
        (["-f", "docx"], "--format: must be of json, txt, "),
        (["-f", "srt,vtt"], "several files or formats need a folder"),
        (["-"], "several files or formats need a folder"),
        (["-o", __file__], "is a file"),
    ],
)
def test_what_cannot_be_is_refused_with_status_2(
    scene: Scene, talk: Path, arguments: list[str], said: str
) -> None:
    ran = scene.diarist("transcribe", talk, *arguments, stdin=subprocess.DEVNULL)
    assert (ran.status, ran.stdout) == (2, "")
    assert said in ran.stderr
    assert scene.left == set()


def test_a_folder_without_recordings_is_named(scene: Scene) -> None:
    ran = scene.diarist("transcribe", scene.tmp)
    assert ran.status == 2
    assert ran.stderr.startswith(f"diarist: no recordings in {scene.tmp} ")


@pytest.mark.parametrize("make", [lambda path: path.write_bytes(b"garbage" * 1_000), Path.mkdir])
def test_a_data_folder_whose_database_is_none_is_one_line(
    scene: Scene, talk: Path, tmp_path: Path, make: Callable[[Path], object]
) -> None:
    database = tmp_path / "kept" / "transcripts" / "diarist.db"
    database.parent.mkdir(parents=True)
    make(database)
    ran = scene.diarist("transcribe", talk, "--data-dir", tmp_path / "kept")
    assert (ran.status, ran.stdout) == (1, "")
    assert len(ran.stderr.splitlines()) == 1
    assert str(database) in ran.stderr


@pytest.mark.parametrize(
    ("name", "value"), [("APP_PORT", "http"), ("CPU_THREADS", "0"), ("TRANSCRIPTION_ENGINE", "nobody")]
)
def test_an_impossible_setting_is_one_line(scene: Scene, talk: Path, name: str, value: str) -> None:
    del scene.env["TRANSCRIPTION_ENGINE"]
    (scene.cwd / ".env").write_text(f"{name}={value}\n")
    ran = scene.diarist("transcribe", talk)
    assert (ran.status, ran.stdout) == (2, "")
    assert name.lower() in ran.stderr.lower()
    assert len(ran.stderr.splitlines()) == 1


def test_with_a_data_folder_recording_and_transcript_are_kept(scene: Scene, talk: Path) -> None:
    ran = scene.diarist("transcribe", talk, "--data-dir", "data")
    assert (ran.status, ran.stdout) == (0, TEXT)
    assert "data/transcripts/diarist.db" in scene.left
    kept = list((scene.cwd / "data" / "audio").glob("*/audio"))
    assert [path.read_bytes() for path in kept] == [talk.read_bytes()]


def test_ctrl_c_in_the_middle_of_the_work_leaves_nothing_behind(real_scene: Scene) -> None:
    recording = write_wav(real_scene.tmp / "long.wav", np.tile(telephone_talk(), 10)[None])
    ours, theirs = pty.openpty()
    running = real_scene.start("transcribe", recording, "-o", "out", stderr=theirs, stdout=subprocess.PIPE)
    os.close(theirs)
    shown, workers = b"", list[psutil.Process]()
    while len(workers) < 2:  # one decodes, one or more recognize
        shown += os.read(ours, 4096)  # the progress bar, drawn ten times a second
        workers = psutil.Process(running.pid).children()
    running.send_signal(signal.SIGINT)
    stdout, _ = running.communicate(timeout=30)
    os.close(ours)
    assert (running.returncode, stdout) == (130, b"")
    assert b"long.wav" in shown
    assert real_scene.left == {"long.wav"}
    assert psutil.wait_procs(workers, timeout=5)[1] == []


def test_ctrl_c_ends_waiting_for_standard_input(scene: Scene) -> None:
    with scene.start("transcribe", "-", stdin=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdin is not None
        while not any(scene.tmp.iterdir()):  # it has begun to store what comes
            assert running.poll() is None
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=30) == 130
    assert scene.left == set()


def test_nobody_reading_the_output_is_no_reason_for_a_traceback(scene: Scene, talk: Path) -> None:
    with scene.start("transcribe", talk, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
    assert scene.left == set()


def test_the_version_is_told(scene: Scene) -> None:
    assert scene.diarist("--version").stdout == f"diarist {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--version"], ["fastapi", "torch", "uvicorn", "sqlalchemy", "pyannote", "dependency_injector"]),
        (["transcribe", "--help"], ["fastapi", "torch", "uvicorn", "sqlalchemy", "dependency_injector"]),
        (["transcribe", "talk.wav"], ["torch", "uvicorn", "sqlalchemy", "pyannote", "onnxruntime"]),
    ],
)
def test_no_command_loads_more_than_it_needs(
    scene: Scene, talk: Path, arguments: list[str], unwanted: list[str]
) -> None:
    ran = scene.python(
        "import atexit, os, sys\n"
        f"os.chdir({str(talk.parent)!r})\n"
        f"sys.argv = ['diarist', *{arguments!r}]\n"
        f"unwanted = {{*{unwanted!r}}}\n"
        "atexit.register(lambda: print('loaded:', *unwanted & sys.modules.keys()))\n"
        "from app.infrastructure.main import cli; cli()"
    )
    assert ran.status == 0, ran.stderr
    assert ran.stdout.endswith("\nloaded:\n")
