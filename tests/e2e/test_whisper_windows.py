"""Each window of a real run, against the bare library on the very same samples."""

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from app.domain.audio import Samples
from app.domain.engine import EngineInfo
from app.domain.events import Done
from app.domain.options import TranscriptionOptions
from app.domain.ports import Priority, TranscriptionPort
from app.domain.transcript import TranscriptionText
from app.domain.windows import SpeechWindow
from app.infrastructure.container import Container
from app.infrastructure.engines import TRANSCRIPTION_ENGINES
from app.infrastructure.running import running
from app.infrastructure.settings import Settings
from tests.e2e.whisper import ENGINES
from tests.fixtures.held_out import CHECKPOINT, held_out

LONG = [each for name, each in held_out().items() if name.endswith(".ogg") and each.languages == ("en",)]


class Overheard(TranscriptionPort):
    """An engine, and all that it was given and gave."""

    def __init__(self, engine: TranscriptionPort) -> None:
        self._engine = engine
        self.windows: list[tuple[SpeechWindow, TranscriptionText]] = []

    def describe(self) -> EngineInfo:
        return self._engine.describe()

    async def aclose(self) -> None:
        await self._engine.aclose()

    async def transcribe(
        self, window: SpeechWindow, options: TranscriptionOptions, *, priority: Priority = Priority.FILE
    ) -> TranscriptionText:
        text = await self._engine.transcribe(window, options, priority=priority)
        self.windows.append((window, text))
        return text


@pytest.mark.parametrize("engine", ENGINES)
async def test_each_windows_text_is_the_bare_engines(engine: str, tmp_path: Path) -> None:
    settings = Settings(
        _env_file=None,
        transcription_engine=engine,
        whisper_model=str(CHECKPOINT),
        whisper_device="cpu",
        whisper_compute_type="float32",
        cpu_threads=2,
        model_cache_path=tmp_path,
    ).for_local_files(None)
    overheard = Overheard(TRANSCRIPTION_ENGINES[engine].build(settings))
    container = Container()
    container.settings.override(settings)
    container.transcription.override(overheard)
    options = TranscriptionOptions(diarize=False, language="en")
    async with running(container) as use_cases:
        for said in LONG:
            events = use_cases.transcribe_file.execute(said.path.name, said.path, options)
            assert [event async for event in events if isinstance(event, Done)]
    assert len(overheard.windows) >= 2 * len(LONG)
    bare = BARE[engine](tmp_path)
    for window, text in overheard.windows:
        assert text.text == bare(window.samples)


def bare_faster_whisper(cache_folder: Path) -> Callable[[Samples], str]:
    from faster_whisper import WhisperModel

    (converted,) = (path.parent for path in cache_folder.rglob("model.bin"))
    model = WhisperModel(str(converted), device="cpu", compute_type="float32", cpu_threads=1)

    def read(samples: Samples) -> str:
        # Padded, or else it would go on from features that are no silence.
        segments, _ = model.transcribe(
            np.pad(samples, (0, 480_000 - len(samples))),
            language="en",
            beam_size=1,
            without_timestamps=True,
            condition_on_previous_text=False,
            no_speech_threshold=None,
        )
        return joined(segment.text for segment in segments)

    return read


def bare_transformers(_cache_folder: Path) -> Callable[[Samples], str]:
    from app.adapters.outbound import torchaudio_stand_in

    torchaudio_stand_in.install()
    from transformers import WhisperForConditionalGeneration, WhisperProcessor

    processor = WhisperProcessor.from_pretrained(CHECKPOINT)
    model = WhisperForConditionalGeneration.from_pretrained(CHECKPOINT, dtype="float32")

    def read(samples: Samples) -> str:
        features = processor(samples, sampling_rate=16_000, return_tensors="pt").input_features
        tokens = model.generate(features, language="en", task="transcribe", num_beams=1)
        return joined(processor.batch_decode(tokens, skip_special_tokens=True))

    return read


def joined(texts: Iterable[str]) -> str:
    return " ".join(" ".join(texts).split())


BARE = {"faster-whisper": cache(bare_faster_whisper), "whisper": cache(bare_transformers)}
