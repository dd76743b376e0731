"""`open_diarist` and `open_diarist_async` as programs use them."""

import asyncio
from pathlib import Path

import pytest

from app.domain.errors import EngineUnavailable, InvalidAudio, InvalidOptions
from app.domain.events import Done, Segment, Started, fold
from app.domain.transcript import Transcript
from app.infrastructure.settings import Settings
from app.library import open_diarist, open_diarist_async
from tests.e2e.parrot import Parrot
from tests.e2e.scene import Scene


def said(transcript: Transcript) -> list[tuple[str | None, str]]:
    return [(segment.speaker_label, segment.text) for segment in transcript.segments]


TALK = [("SPEAKER_00", "good morning"), ("SPEAKER_01", "hello there")]


def test_a_file_becomes_a_transcript_and_nothing_is_left_behind(
    settings: Settings, scene: Scene, talk: Path
) -> None:
    with open_diarist(settings) as diarist:
        transcript = diarist.transcribe(talk, num_speakers=2)
        assert said(transcript) == TALK
        assert said(diarist.transcribe(str(talk), diarize=False)) == [(None, text) for _, text in TALK]
    assert scene.left == set()


def test_a_diarist_that_lives_long_remembers_nothing_of_what_it_did(settings: Settings, talk: Path) -> None:
    with open_diarist(settings) as diarist:
        for _ in range(3):
            diarist.transcribe(talk)
        with pytest.raises(InvalidAudio):
            diarist.transcribe(__file__)
        diarist.stream(talk).close()  # type: ignore[attr-defined]  # what is given is a generator
        use_cases = diarist._diarist._use_cases
        assert use_cases is not None
        assert diarist._loop.wait_for(use_cases.list_audio.execute()).items == ()


def test_events_come_as_they_happen_and_fold_into_the_transcript(settings: Settings, talk: Path) -> None:
    with open_diarist(settings) as diarist:
        events = list(diarist.stream(talk))
    assert {Started, Segment} < {type(event) for event in events}
    done = events[-1]
    assert isinstance(done, Done)
    assert said(done.transcript) == TALK
    assert fold(events) == done.transcript


def test_a_caller_with_a_running_event_loop_can_wait_too(settings: Settings, talk: Path) -> None:
    async def notebook() -> Transcript:
        with open_diarist(settings) as diarist:
            return diarist.transcribe(talk)

    assert said(asyncio.run(notebook())) == TALK


async def test_several_files_at_a_time(settings: Settings, talk: Path) -> None:
    async with open_diarist_async(settings) as diarist, asyncio.TaskGroup() as tasks:
        works = [tasks.create_task(diarist.transcribe(talk)) for _ in range(3)]
    assert [said(work.result()) for work in works] == [TALK] * 3


def test_with_a_data_folder_recordings_and_transcripts_are_kept(
    settings: Settings, scene: Scene, talk: Path
) -> None:
    data = scene.cwd / "data"
    with open_diarist(settings, data_dir=data) as diarist:
        transcript = diarist.transcribe(talk)
        with pytest.raises(InvalidAudio):
            diarist.transcribe(__file__)
    kept = settings.for_local_files(data)
    assert [path.name for path in kept.audio_storage_path.iterdir() if path.name[0] != "."] == [
        transcript.clip_id
    ]

    async def look() -> Transcript:
        async with open_diarist_async(settings, data_dir=data) as again:
            assert again._use_cases is not None
            return await again._use_cases.get_transcript.execute(transcript.clip_id)

    assert asyncio.run(look()) == transcript


@pytest.mark.parametrize("name", ["100%41", "what?", "a b#c", "mode=memory&x"])
def test_a_data_folder_may_be_called_anything(
    settings: Settings, scene: Scene, talk: Path, name: str
) -> None:
    with open_diarist(settings, data_dir=name) as diarist:
        diarist.transcribe(talk)
    assert (scene.cwd / name / "transcripts" / "diarist.db").is_file()
    assert {path.name for path in scene.cwd.iterdir()} == {name}


def test_an_adapter_of_the_callers_own_is_used_and_let_go_of(settings: Settings, talk: Path) -> None:
    parrot = Parrot()
    with open_diarist(settings, transcription=parrot, diarization="none") as diarist:
        transcript = diarist.transcribe(talk)
    assert {segment.text for segment in transcript.segments} == {"squawk"}
    assert transcript.engine["transcription"].info == parrot.describe()
    assert transcript.engine["transcription"].reason == "given by the program"
    assert "diarization" not in transcript.engine
    assert parrot.closed


def test_what_went_wrong_comes_as_the_error_that_it_is(settings: Settings, talk: Path) -> None:
    missing = EngineUnavailable("parrot", "it flew away", "Open the window")
    with open_diarist(settings, transcription=Parrot(failure=missing)) as diarist:
        with pytest.raises(EngineUnavailable) as raised:
            diarist.transcribe(talk)
        assert raised.value.remedy == "Open the window"
        with pytest.raises(InvalidAudio):
            list(diarist.stream(__file__))
        with pytest.raises(InvalidOptions, match="num_speakers"):
            diarist.stream(talk, num_speakers=0)
        with pytest.raises(InvalidOptions, match="beam_size"):
            diarist.transcribe(talk, beam_size=5)
        with pytest.raises(InvalidOptions, match="multilingual"):
            diarist.transcribe(talk, multilingual=True)
        with pytest.raises(InvalidAudio, match=r"absent\.wav"):
            diarist.transcribe("absent.wav")


@pytest.mark.parametrize("stage", ["transcription", "diarization"])
def test_an_engine_nobody_has_is_named_at_opening(settings: Settings, stage: str) -> None:
    with pytest.raises(InvalidOptions, match="nobody"):
        open_diarist(settings, **{stage: "nobody"})


@pytest.mark.parametrize(
    "use",
    [
        "with open_diarist() as diarist: show(diarist)",
        "show(open_diarist())",  # nobody closes it
        "diarist = open_diarist(); events = diarist.stream(path); next(events)",
    ],
)
def test_a_script_needs_no_main_guard_and_ends_cleanly(scene: Scene, talk: Path, use: str) -> None:
    script = scene.tmp / "script.py"
    script.write_text(
        "from app.library import open_diarist\n"
        f"path = {str(talk)!r}\n"
        "def show(diarist): print(diarist.transcribe(path).text)\n"
        f"{use}\n"
    )
    ran = scene.python(f"import runpy; runpy.run_path({str(script)!r}, run_name='__main__')")
    assert (ran.status, ran.stderr) == (0, "")
    assert ran.stdout == ("good morning hello there\n" if "show" in use else "")
    assert scene.left == {"script.py"}


def test_settings_of_the_environment_hold_unless_others_are_given(
    settings: Settings, talk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRANSCRIPTION_ENGINE", "nobody")
    with pytest.raises(InvalidOptions, match="nobody"):
        open_diarist()
    with open_diarist(settings) as diarist:
        assert said(diarist.transcribe(talk)) == TALK
