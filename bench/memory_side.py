"""One side of the memory row, alone in a process: loads, says so, waits for a line, transcribes.

python -m bench.memory_side SIDE THREADS TOKENS CTRANSLATE2_FOLDER RECORDING
"""

import asyncio
import json
import sys
import time
from pathlib import Path

from bench import ours, peers
from bench.counting import counted
from bench.models import Model
from bench.ours import Heard

PEER_WINDOWS = 64
"""The peer is stopped after so many windows: what grows with the recording has been made by then."""


def main() -> None:
    side, threads, tokens, folder, recording = sys.argv[1:]
    model = Model(name="", tokens=int(tokens), transformers=Path(folder), ctranslate2=Path(folder))
    with counted() as counter:
        if side == "diarist":
            heard = asyncio.run(_diarist(model, int(threads), Path(recording)))
        else:
            heard = _faster_whisper(model, int(threads), Path(recording))
        work = counter.take(words=heard.words)
    print(json.dumps({"total_s": heard.total_s, **work.as_json()}), flush=True)


async def _diarist(model: Model, threads: int, recording: Path) -> Heard:
    from app.library import open_diarist_async

    engine = ours.engine(model, threads=threads)
    async with open_diarist_async(
        ours.settings(threads), transcription=engine, diarization="none"
    ) as diarist:
        await engine.load()
        _wait_for_go()
        before = time.perf_counter()
        transcript = await diarist.transcribe(recording, diarize=False, language="en")
        words = sum(len(segment.words) for segment in transcript.segments)
        return Heard(first_s=float("nan"), total_s=time.perf_counter() - before, words=words)


def _faster_whisper(model: Model, threads: int, recording: Path) -> Heard:
    whisper = peers.faster_whisper(model, threads=threads)
    _wait_for_go()
    return peers.batched(whisper, recording, model.tokens, at_most_windows=PEER_WINDOWS)


def _wait_for_go() -> None:
    print("loaded", flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main()
