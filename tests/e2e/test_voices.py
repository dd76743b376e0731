"""`diarist voices` as people call it, and `diarist.voices` as programs do."""

import json
from pathlib import Path

import numpy as np
import pytest

from app.domain.errors import InvalidAudio, NotFound
from app.infrastructure.settings import Settings
from app.library import open_diarist, open_diarist_async
from tests.e2e.scene import Scene
from tests.fixtures.sounds import silence, tone, write_wav

_WORDS = "talk 1 0.60 0.30 good\ntalk 1 1.00 0.30 morning\ntalk 1 5.60 0.30 hello\ntalk 1 6.00 0.30 there\n"
_TURNS = (
    "SPEAKER talk 1 0.500 4.000 <NA> <NA> anna <NA> <NA>\n"
    "SPEAKER talk 1 5.500 4.000 <NA> <NA> ben <NA> <NA>\n"
)


@pytest.fixture
def talk(scene: Scene, tmp_path: Path) -> Path:
    """10 s: somebody from 0.5 to 4.5 s, somebody else from 5.5 to 9.5 s."""
    Path(scene.env["SCRIPTED_WORDS"]).write_text(_WORDS)
    Path(scene.env["SCRIPTED_TURNS"]).write_text(_TURNS)
    parts = [silence(0.5), tone(4.0), silence(1.0), tone(4.0, hz=220), silence(0.5)]
    return write_wav(tmp_path / "talk.wav", np.concatenate(parts, axis=1))


def test_a_voice_comes_is_named_is_listed_and_goes(scene: Scene, talk: Path) -> None:
    here = ("--data-dir", scene.cwd / "here")
    ran = scene.diarist("voices", "add", "Ben Ode", talk, "--start", "5", *here)
    assert (ran.status, ran.stderr) == (0, "")
    assert ran.stdout == "Ben Ode: is known now (4.0 s by scripted-one-hot)\n"
    assert not list((scene.cwd / "here").rglob("*.wav")), "the recording is not kept"

    ran = scene.diarist("transcribe", talk, *here)
    assert (ran.status, ran.stdout) == (0, "SPEAKER_00: good morning\nBen Ode: hello there\n")
    assert scene.diarist("transcribe", talk).stdout.endswith("SPEAKER_01: hello there\n")

    (listed,) = json.loads(scene.diarist("voices", "ls", "--json", *here).stdout)
    assert (listed["name"], list(listed["learnt"])) == ("Ben Ode", ["scripted-one-hot"])
    assert scene.diarist("voices", "ls", *here).stdout.startswith("Ben Ode  20")

    ran = scene.diarist("voices", "rm", "ben ode", "-y", *here)
    assert (ran.status, ran.stdout) == (0, "Ben Ode: forgotten\n")
    assert scene.diarist("voices", "ls", *here).stdout == ""
    ran = scene.diarist("voices", "rm", "Ben Ode", "-y", *here)
    assert (ran.status, ran.stderr) == (1, "diarist: no voice with id 'Ben Ode'\n")


def test_what_is_no_voice_is_said_in_a_line(scene: Scene, talk: Path) -> None:
    ran = scene.diarist("voices", "add", "Anna", talk)
    assert ran.status == 1
    assert "2 voices between 0.0 and 10.0 s" in ran.stderr
    assert ran.stderr.count("\n") == 1
    ran = scene.diarist("voices", "add", "Anna", talk, "--start", "20")
    assert (ran.status, "--start" in ran.stderr) == (2, True)
    assert scene.diarist("voices", "add", "Anna", talk.with_name("none.wav")).status == 2
    ran = scene.diarist("voices", "rm", "Anna")
    assert (ran.status, "add -y" in ran.stderr) == (2, True)


def test_without_a_folder_the_voices_are_those_of_the_service(scene: Scene, talk: Path) -> None:
    scene.diarist("voices", "add", "Anna", talk, "--end", "5")
    assert (scene.cwd / "data" / "transcripts" / "diarist.db").exists()
    assert scene.diarist("voices", "ls").stdout.startswith("Anna  ")


def test_a_program_knows_a_voice_while_it_is_open_and_leaves_nothing(
    settings: Settings, scene: Scene, talk: Path
) -> None:
    with open_diarist(settings) as diarist:
        enrolled = diarist.voices.add("Ben", talk, start=5.0)
        assert enrolled.is_new
        named = [segment.speaker_label for segment in diarist.transcribe(talk).segments]
        assert named == ["SPEAKER_00", "Ben"]
        assert [voice.id for voice in diarist.voices.list()] == [enrolled.voice.id]
        diarist.voices.delete(enrolled.voice.id)
        with pytest.raises(NotFound):
            diarist.voices.delete(enrolled.voice.id)
        named = [segment.speaker_label for segment in diarist.transcribe(talk).segments]
        assert named == ["SPEAKER_00", "SPEAKER_01"]
        with pytest.raises(InvalidAudio, match="2 voices"):
            diarist.voices.add("Ben", talk)
    assert scene.left == set()
    with open_diarist(settings) as diarist:
        assert diarist.voices.list() == ()


async def test_an_async_program_keeps_its_voices_in_its_folder(
    settings: Settings, scene: Scene, talk: Path
) -> None:
    async with open_diarist_async(settings, data_dir=scene.cwd / "here") as diarist:
        enrolled = await diarist.voices.add("Anna", str(talk), end=5.0)
    async with open_diarist_async(settings, data_dir=scene.cwd / "here") as diarist:
        (voice,) = await diarist.voices.list()
        assert (voice.id, voice.name) == (enrolled.voice.id, "Anna")
        transcript = await diarist.transcribe(talk)
        assert transcript.speakers == ("Anna", "SPEAKER_01")
        await diarist.voices.delete(voice.id)
        assert await diarist.voices.list() == ()
