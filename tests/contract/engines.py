"""The engines that the contract suites try: whatever the registry lists, built as it builds them."""

import random
import subprocess
import sys
from pathlib import Path

from app.domain.audio import Samples
from app.domain.ports import DiarizationPort, TranscriptionPort, VoiceActivityPort
from app.domain.timeline import TimeRange, merge_ranges
from app.infrastructure.engines import DIARIZATION_ENGINES, TRANSCRIPTION_ENGINES, VOICE_ACTIVITY_ENGINES
from app.infrastructure.settings import Settings
from tests.fixtures.speech import telephone_talk

FIXTURES = Path(__file__).parents[1] / "fixtures"
SETTINGS = Settings(
    _env_file=None,
    cpu_threads=2,
    whisper_model=str(FIXTURES / "tiny_whisper" / "checkpoint"),
    whisper_device="cpu",
    pyannote_model=str(FIXTURES / "tiny_pyannote" / "checkpoint"),
    pyannote_device="cpu",
    scripted_words=FIXTURES / "script.ctm",
    scripted_turns=FIXTURES / "script.rttm",
)


def conversation(engine: str) -> tuple[Samples, tuple[TimeRange, ...]]:
    """30 s of two people whom the engine can tell apart, and the ranges where they speak.

    The pyannote of the tests was trained on synthetic voices, and knows no others.
    """
    if engine != "pyannote":
        talk = [(6.75, 7.23), (7.62, 17.92), (18.05, 21.6), (21.79, 30.0)]
        return telephone_talk(), tuple(TimeRange(start=start, end=end) for start, end in talk)
    from tests.fixtures.tiny_pyannote.conversations import Style, converse
    from tests.fixtures.tiny_pyannote.held_out import held_out_voices

    voices = {name: held_out_voices()[name] for name in ("rms", "andrea")}
    scene = converse(voices, random.Random(1), 30.0, Style(overlap_share=0.0))
    return scene.samples, tuple(
        merge_ranges((TimeRange(start=t.start_s, end=t.end_s) for t in scene.turns), max_gap_s=0.1)
    )


def voice_activity_engine(name: str) -> VoiceActivityPort:
    return VOICE_ACTIVITY_ENGINES[name].build(SETTINGS)


def transcription_engine(name: str) -> TranscriptionPort:
    return TRANSCRIPTION_ENGINES[name].build(SETTINGS)


def diarization_engine(name: str) -> DiarizationPort:
    return DIARIZATION_ENGINES[name].build(SETTINGS)


def libraries_loaded_by_describing(make: str) -> set[str]:
    """The heavy libraries in a fresh process after `describe()` and `check()` of what `make` makes."""
    code = (
        "import sys; from tests.contract.engines import *;"
        f"engine = {make}; engine.describe(); engine.check(); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"onnxruntime", "pocketsphinx", "torch", "transformers", "ctranslate2", "pyannote.audio"}
    return heavy & set(done.stdout.split())
