"""Both sides of the diarization row, and what each does with the models."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from app.adapters.outbound.audio.pyav_decoder import PyAvDecoder
from app.adapters.outbound.diarization.chunked_pyannote import ChunkedPyannoteDiarizer
from app.adapters.outbound.pyannote.importing import import_pyannote
from app.domain.audio import SAMPLE_RATE_HZ, AudioChunk, Samples, Waveform
from app.domain.timeline import TimeRange
from bench.models import cache_folder
from bench.random_pyannote import WINDOW_S, write_pipeline

FITTED_TO_S = 60
Turns = list[tuple[float, float, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diarized:
    """Who spoke when, by the speakers' numbers, and how long it took to say so."""

    turns: Turns
    total_s: float
    voice_samples: int = 0


@dataclass(slots=True, kw_only=True)
class Passes:
    """What passed through the models since the last `take`, and the seconds of each step."""

    windows: int = 0
    """Through the trunk of the embedding model, all that is before pooling."""
    embeddings: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    def take(self) -> "Passes":
        taken = Passes(windows=self.windows, embeddings=self.embeddings, seconds=self.seconds)
        self.windows = self.embeddings = 0
        self.seconds = {}
        return taken

    def told(self, total_s: float) -> str:
        steps = {**self.seconds, "all else": total_s - sum(self.seconds.values())}
        spent = ", ".join(f"{name} {spent_s:.2f} s" for name, spent_s in steps.items())
        return f"{self.windows} windows and {self.embeddings} embeddings; {spent}"


def random_pipeline(path: Path) -> Path:
    """A pipeline of random weights in community-1's geometry, fitted to a recording; made once."""
    folder = cache_folder() / "pyannote-community-1"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=folder.parent))
        try:
            write_pipeline(making, decoded(path)[: FITTED_TO_S * SAMPLE_RATE_HZ])
            making.rename(folder)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return folder


def decoded(path: Path) -> Samples:
    with asyncio.Runner() as runner:
        return _decoded(runner, path)


@contextmanager
def diarist(folder: Path, *, threads: int) -> Iterator[Callable[[Path | Samples], Diarized]]:
    """The adapter as the service has it, on a recording that is one chunk: a path, or samples."""
    with asyncio.Runner() as runner:
        engine = ChunkedPyannoteDiarizer(str(folder), device="cpu", threads=threads)
        runner.run(engine.load())

        def diarize(recording: Path | Samples) -> Diarized:
            before = time.perf_counter()
            samples = _decoded(runner, recording) if isinstance(recording, Path) else recording
            whole = TimeRange(start=0.0, end=len(samples) / SAMPLE_RATE_HZ)
            waveform = Waveform(samples=samples, start_s=0.0)
            chunk = AudioChunk(clip_id="clip", index=0, core=whole, waveform=waveform, speech=(whole,))
            found = runner.run(engine.diarize(chunk, max_speakers=None))
            return Diarized(
                turns=sorted((turn.range.start, turn.range.end, turn.local_speaker) for turn in found.turns),
                total_s=time.perf_counter() - before,
                voice_samples=len(found.samples),
            )

        try:
            yield diarize
        finally:
            runner.run(engine.aclose())


def _decoded(runner: asyncio.Runner, path: Path) -> Samples:
    async def collect() -> list[Samples]:
        return [block[0].samples async for block in PyAvDecoder().blocks(path)]

    return np.concatenate(runner.run(collect()))


@contextmanager
def pyannote(folder: Path, *, threads: int) -> Iterator[Callable[[Path | Samples], Diarized]]:
    """`Pipeline.from_pretrained(folder)(recording)`, as its documentation says.

    Given a path it would decode by torchcodec, which wants the libraries of FFmpeg on the machine; where they
    are not, decoding is PyAV's on both sides.
    """
    import_pyannote()
    import torch
    from pyannote.audio import Pipeline
    from pyannote.audio.core.io import TORCHCODEC_AVAILABLE

    threads_before = torch.get_num_threads()
    torch.set_num_threads(threads)
    pipeline = Pipeline.from_pretrained(folder)

    def diarize(recording: Path | Samples) -> Diarized:
        before = time.perf_counter()
        file: Any = recording
        if isinstance(recording, Path) and not TORCHCODEC_AVAILABLE:
            recording = decoded(recording)
        if not isinstance(recording, Path):
            file = {"waveform": torch.from_numpy(recording)[None], "sample_rate": SAMPLE_RATE_HZ}
        found = pipeline(file)
        total_s = time.perf_counter() - before
        turns = [
            (segment.start, segment.end, int(label.removeprefix("SPEAKER_")))
            for segment, _, label in found.speaker_diarization.itertracks(yield_label=True)
        ]
        return Diarized(turns=sorted(turns), total_s=total_s)

    try:
        yield diarize
    finally:
        torch.set_num_threads(threads_before)


def alike(ours: Turns, theirs: Turns, duration_s: float) -> bool:
    """Whether speakers and times are the same. Theirs may go on a few frames after the end: ours are cut."""
    cut = [(start_s, min(end_s, duration_s), who) for start_s, end_s, who in theirs if start_s < duration_s]
    return ours == sorted(cut)


@contextmanager
def counted_passes() -> Iterator[Passes]:
    """Count in every pyannote pipeline that is used inside, called directly or by ours."""
    import_pyannote()
    from pyannote.audio.pipelines import SpeakerDiarization
    from pyannote.audio.pipelines.speaker_verification import PyannoteAudioPretrainedSpeakerEmbedding

    from app.adapters.outbound.pyannote.voices import WindowVoices

    passes = Passes()
    embed: Any = PyannoteAudioPretrainedSpeakerEmbedding.__call__

    def counted(self: Any, waveforms: Any, masks: Any = None) -> Any:
        if waveforms.shape[-1] == WINDOW_S * SAMPLE_RATE_HZ:
            passes.windows += len(waveforms)
            passes.embeddings += masks[..., 0].numel()
        return embed(self, waveforms, masks=masks)

    def timed(step: str, method: Any) -> Any:
        def run(*args: Any, **kwargs: Any) -> Any:
            before = time.perf_counter()
            try:
                return method(*args, **kwargs)
            finally:
                spent_s = time.perf_counter() - before
                passes.seconds[step] = passes.seconds.get(step, 0.0) + spent_s

        return run

    replaced = [
        (PyannoteAudioPretrainedSpeakerEmbedding, "__call__", counted),
        (
            SpeakerDiarization,
            "get_segmentations",
            timed("segmentation", SpeakerDiarization.get_segmentations),
        ),
        (SpeakerDiarization, "get_embeddings", timed("embeddings", SpeakerDiarization.get_embeddings)),
        (WindowVoices, "embed", timed("embeddings", WindowVoices.embed)),
    ]
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in replaced]
    for owner, name, method in replaced:
        setattr(owner, name, method)
    try:
        yield passes
    finally:
        for owner, name, method in before:
            setattr(owner, name, method)
