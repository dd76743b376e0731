"""Row 7: words and speakers end to end, against a service that transcribes turn by turn.

The peer is rebuilt from the description of its design and is not its own code, so the row has no target: the
whole file is decoded; for each turn of the diarization the sound is cut out, written to a temporary WAV and
transcribed alone by the same model. Both sides play the same turns, so no diarizer is measured. A turn gets
its share of the tokens by its length: the peer decodes no more of them than ours, its cost is the windows.
"""

import tempfile
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.adapters.outbound.diarization.scripted import ScriptedDiarizer
from app.domain.audio import SAMPLE_RATE_HZ
from app.domain.transcript import SpeakerTurn
from bench import ours, peers
from bench.comparing import compared, conditions, counting
from bench.counting import counted
from bench.figures import Row
from bench.models import Model
from bench.ours import Heard
from bench.recordings import recording, turns
from bench.running import Plan, in_turns

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

TOKENS = 100
WINDOW_S = 30.0
PEER = "turn by turn through WAV files"


def rows(plan: Plan) -> Iterator[Row]:
    model = plan.get_model("tiny", TOKENS)
    minutes = plan.either(3.0, 1.0)
    path, script = recording(minutes), turns(minutes)
    with counted() as counter:
        whisper = peers.faster_whisper(model, threads=plan.threads)
        transcription = ours.engine(model, threads=plan.threads)
        player = ScriptedDiarizer(script)
        with ours.opened(transcription, threads=plan.threads, diarization=player) as diarist:
            ours.hear(diarist, recording(0.5), diarize=True)
            turn_by_turn(whisper, model, path, script[:3])
            found = in_turns(
                plan,
                plan.how_many(quick=1),
                {
                    "Diarist": counting(counter, lambda: ours.hear(diarist, path, diarize=True)),
                    PEER: counting(counter, lambda: turn_by_turn(whisper, model, path, script)),
                },
            )
    yield compared(
        plan,
        found["Diarist"],
        found[PEER],
        id="7",
        measured=f"words and speakers of {minutes:g} min with {len(script)} turns given",
        peer_is=PEER,
        target=None,
        notes=[conditions(plan, model), "the peer is rebuilt from its description: reported, no target"],
    )


def turn_by_turn(whisper: "WhisperModel", model: Model, path: Path, script: list[SpeakerTurn]) -> Heard:
    from faster_whisper import decode_audio

    before = time.perf_counter()
    first_s, words = float("nan"), 0
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.wav"
        write(whole, decode_audio(str(path)))
        for turn in script:
            piece = Path(folder) / "turn.wav"
            write(piece, cut(whole, turn.start, turn.end))
            tokens = max(1, round(model.tokens * (turn.end - turn.start) / WINDOW_S))
            words += peers.one_window(whisper, piece, tokens).words
            if first_s != first_s:
                first_s = time.perf_counter() - before
    return Heard(first_s=first_s, total_s=time.perf_counter() - before, words=words)


def write(path: Path, samples: np.ndarray) -> None:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE_HZ)
        out.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def cut(path: Path, start_s: float, end_s: float) -> np.ndarray:
    with wave.open(str(path), "rb") as whole:
        whole.setpos(round(start_s * SAMPLE_RATE_HZ))
        data = whole.readframes(round((end_s - start_s) * SAMPLE_RATE_HZ))
    return np.frombuffer(data, "<i2").astype(np.float32) / 32768
