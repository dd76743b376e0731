"""Adding an engine takes one adapter file and one line; the rest finds it by that line."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

ADAPTER = '''"""Says one word per second of speech."""

from app.domain.engine import EngineInfo
from app.domain.options import TranscriptionOptions
from app.domain.ports import Priority, TranscriptionPort
from app.domain.transcript import TranscriptionText, Word
from app.domain.windows import SpeechWindow


class Parrot(TranscriptionPort):
    def describe(self) -> EngineInfo:
        return EngineInfo(name="parrot", model="grey")

    async def transcribe(
        self, window: SpeechWindow, options: TranscriptionOptions, *, priority: Priority = Priority.FILE
    ) -> TranscriptionText:
        starts = [
            speech.start + step for speech in window.speech for step in range(max(1, int(speech.duration)))
        ]
        loud = window.samples.std() > 0.001
        words = (Word(word="squawk", start=start, end=start + 0.1) for start in starts if loud)
        return TranscriptionText(words=tuple(words), language="en")
'''
LINE = '    "parrot": Engine(adapter="transcription.parrot:Parrot"),\n'
REGISTRY = "TRANSCRIPTION_ENGINES: dict[str, Engine[TranscriptionPort]] = {\n"


def test_a_new_engine_is_one_file_and_one_line(tmp_path: Path) -> None:
    for name in ("app", "tests", "pyproject.toml"):
        source, target = ROOT / name, tmp_path / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    (tmp_path / "app/adapters/outbound/transcription/parrot.py").write_text(ADAPTER)
    registry = tmp_path / "app/infrastructure/engines.py"
    before = registry.read_text()
    assert before.count(REGISTRY) == 1
    registry.write_text(before.replace(REGISTRY, REGISTRY + LINE))

    env = {key: value for key, value in os.environ.items() if not key.startswith("COV_")}
    env["PYTHONPATH"] = str(tmp_path)

    def run(*command: str) -> str:
        done = subprocess.run(
            [sys.executable, *command], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    suite = ["tests/contract/test_transcription.py", "-k", "parrot", "-v", "-p", "no:cacheprovider"]
    assert re.search(r"[1-9]\d* passed", run("-m", "pytest", *suite))

    env["TRANSCRIPTION_ENGINE"] = "parrot"
    doctor = run("-c", "from app.infrastructure.main import cli; cli()", "doctor")
    assert "parrot" in doctor
    assert "named by TRANSCRIPTION_ENGINE" in doctor
