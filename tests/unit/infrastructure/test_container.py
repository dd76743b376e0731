"""What a program swaps is what is used and what is told of."""

import asyncio
from pathlib import Path

import pytest

from app.adapters.outbound.diarization.scripted import ScriptedDiarizer
from app.adapters.outbound.transcription.scripted import ScriptedTranscriber
from app.adapters.outbound.voice_activity.energy import EnergyVoiceActivity
from app.domain.errors import EngineUnavailable
from app.domain.events import Done
from app.domain.options import TranscriptionOptions
from app.domain.transcript import Word
from app.infrastructure.container import Container
from app.infrastructure.running import running
from app.infrastructure.settings import Settings
from tests.fixtures.sounds import tone, write_wav

pytestmark = pytest.mark.slow


class Flown(ScriptedTranscriber):
    def check(self) -> None:
        raise EngineUnavailable("scripted", "it flew away", "Open the window")


@pytest.fixture
def container() -> Container:
    """With engines that cannot be built: whoever asks for them fails."""
    container = Container()
    container.settings.override(
        Settings(
            _env_file=None,
            in_memory=True,
            transcription_engine="nobody",
            diarization_engine="nobody",
            voice_activity_engine="nobody",
        )
    )
    return container


def swap_all(container: Container) -> None:
    container.transcription.override(ScriptedTranscriber([Word(word="hello", start=0.5, end=1.0)]))
    container.diarization.override(ScriptedDiarizer([]))
    container.voice_activity.override(EnergyVoiceActivity())


async def transcribed(container: Container, recording: Path) -> Done:
    async with running(container) as use_cases:
        told = use_cases.transcribe_file.execute(recording.name, recording, TranscriptionOptions())
        events = [event async for event in told]
    assert isinstance(events[-1], Done)
    return events[-1]


async def test_the_transcript_names_the_engines_that_were_swapped_in(
    container: Container, tmp_path: Path
) -> None:
    swap_all(container)
    done = await transcribed(container, write_wav(tmp_path / "tone.wav", tone(2)))
    assert done.transcript.text == "hello"
    assert {stage: (used.info.name, used.reason) for stage, used in done.transcript.engine.items()} == {
        "transcription": ("scripted", "given by the program"),
        "diarization": ("scripted", "given by the program"),
        "voice_activity": ("energy", "given by the program"),
    }


def test_the_report_names_the_engines_that_were_swapped_in_and_what_they_lack(container: Container) -> None:
    swap_all(container)
    container.transcription.override(Flown([]))
    transcription, diarization, voice_activity = container.use_cases().report_engines.execute()
    assert transcription.engine == Flown([]).describe()
    assert (transcription.problem, transcription.remedy) == ("it flew away", "Open the window")
    assert diarization.engine == ScriptedDiarizer([]).describe()
    assert voice_activity.engine == EnergyVoiceActivity().describe()
    assert not container.use_cases().report_engines.ready


async def test_a_container_can_be_started_again_after_it_was_stopped(
    container: Container, tmp_path: Path
) -> None:
    swap_all(container)
    recording = write_wav(tmp_path / "tone.wav", tone(2))
    first, second = await transcribed(container, recording), await transcribed(container, recording)
    assert first.transcript.text == second.transcript.text


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_container_can_be_started_again_in_another_event_loop(tmp_path: Path, in_memory: bool) -> None:
    container = Container()
    folders = {"audio_storage_path": tmp_path / "audio", "transcription_storage_path": tmp_path / "db"}
    container.settings.override(Settings(_env_file=None, in_memory=in_memory, **folders))
    recording = write_wav(tmp_path / "tone.wav", tone(2))
    for _ in range(2):
        done = asyncio.run(transcribed(container, recording))
        assert done.transcript.engine["transcription"].reason.startswith("chosen by auto")


async def test_a_container_that_is_running_is_not_started_a_second_time(container: Container) -> None:
    swap_all(container)
    async with running(container) as use_cases:
        with pytest.raises(RuntimeError, match="another"):
            await running(container).__aenter__()
        assert await use_cases.list_audio.execute()
    async with running(container):
        pass
