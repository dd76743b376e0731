"""Row 5: eight clips of 30 s at the same time, against faster-whisper behind a lock."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from bench import ours, peers
from bench.comparing import compared, conditions, counting
from bench.counting import counted
from bench.figures import Row
from bench.ours import Heard
from bench.recordings import recording
from bench.running import Plan, in_turns

TOKENS = 100
CLIPS = 8
PEER = "faster-whisper, a lock around one model"


def rows(plan: Plan) -> Iterator[Row]:
    model = plan.get_model("tiny", TOKENS)
    path = recording(0.5)
    with counted() as counter, ThreadPoolExecutor(CLIPS) as callers:
        locked = peers.Locked(peers.faster_whisper(model, threads=plan.threads))
        with ours.opened(ours.engine(model, threads=plan.threads), threads=plan.threads) as diarist:

            def at_once(hear: Callable[[], Heard]) -> Heard:
                """All eight; the time is that until the last is done."""
                before = time.perf_counter()
                heard = [call.result() for call in [callers.submit(hear) for _ in range(CLIPS)]]
                return Heard(
                    first_s=min(each.total_s for each in heard),
                    total_s=time.perf_counter() - before,
                    words=sum(each.words for each in heard),
                )

            def of_ours() -> Heard:
                return at_once(lambda: ours.hear(diarist, path))

            def of_peer() -> Heard:
                return at_once(lambda: locked.hear(path, model.tokens))

            of_ours()
            of_peer()
            found = in_turns(
                plan,
                plan.how_many(full=10, quick=3),
                {"Diarist": counting(counter, of_ours), PEER: counting(counter, of_peer)},
            )
    yield compared(
        plan,
        found["Diarist"],
        found[PEER],
        id="5",
        measured=f"{CLIPS} clips of 30 s at once, until the last is done",
        peer_is=PEER,
        target=1.3,
        notes=[conditions(plan, model)],
    )
