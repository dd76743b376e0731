"""The engines that the contract suites try: whatever the registry lists, built as it builds them."""

import subprocess
import sys
from pathlib import Path

from app.domain.ports import DiarizationPort, TranscriptionPort, VoiceActivityPort
from app.infrastructure.engines import DIARIZATION_ENGINES, TRANSCRIPTION_ENGINES, VOICE_ACTIVITY_ENGINES
from app.infrastructure.settings import Settings

FIXTURES = Path(__file__).parents[1] / "fixtures"
SETTINGS = Settings(
    _env_file=None,
    cpu_threads=2,
    whisper_model=str(FIXTURES / "tiny_whisper" / "checkpoint"),
    whisper_device="cpu",
    scripted_words=FIXTURES / "script.ctm",
    scripted_turns=FIXTURES / "script.rttm",
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
