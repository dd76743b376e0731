"""The tiny Whisper on torch and on CTranslate2, and held-out speech for both."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np
from ctranslate2.converters import TransformersConverter

from app.adapters.outbound import torchaudio_stand_in
from app.adapters.outbound.whisper.ctranslate2_model import CTranslate2Whisper
from app.adapters.outbound.whisper.torch_memory import Sound
from app.adapters.outbound.whisper.torch_model import TorchWhisper
from app.domain.audio import SAMPLE_RATE_HZ, Samples
from tests.fixtures.held_out import CHECKPOINT, HeldOut, held_out

UTTERANCES = [each for name, each in held_out().items() if name.endswith(".flac")]


@cache
def torch_whisper(dtype: str = "float32") -> TorchWhisper:
    return TorchWhisper.load(CHECKPOINT, device="cpu", dtype=dtype, threads=1)


@cache
def ctranslate2_whisper() -> CTranslate2Whisper:
    torchaudio_stand_in.install()
    with TemporaryDirectory() as temporary:
        folder = Path(temporary) / "tiny"
        TransformersConverter(str(CHECKPOINT), copy_files=["tokenizer.json"]).convert(str(folder))
        return CTranslate2Whisper.load(
            folder, device="cpu", device_index=0, compute_type="float32", workers=1
        )


@cache
def windows() -> list[Samples]:
    return [_read(each) for each in UTTERANCES]


@cache
def heard() -> Sound:
    """All windows, encoded once for all tests."""
    return torch_whisper().encode(windows())


@cache
def heard_by_ctranslate2() -> Any:
    return ctranslate2_whisper().encode(windows())


def languages() -> list[str]:
    return [each.languages[0] for each in UTTERANCES]


def prompts() -> list[list[int]]:
    vocabulary = torch_whisper().vocabulary
    return [
        [*vocabulary.start_tokens(language, "transcribe"), vocabulary.no_timestamps]
        for language in languages()
    ]


def positions(samples: Samples) -> int:
    return -(-len(samples) // (SAMPLE_RATE_HZ // 50))


def _read(recording: HeldOut) -> Samples:
    with av.open(str(recording.path)) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE_HZ)
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.float32)
