"""Rows 2 and 2b: how long until the first words are there, and whether that grows with the recording."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from app.library import Diarist
from bench import ours, peers
from bench.comparing import compared, conditions, counting
from bench.counting import counted
from bench.figures import Row
from bench.recordings import recording
from bench.running import Plan, in_turns

TOKENS = 100
BEGUN = "work: what was begun when the first segment came; both are stopped then"
SHARE = "our first window holds a few seconds, and as many of the tokens as fall to them"
FULL = "Diarist, all the tokens in its short first window too"
PEER = f"faster-whisper, batches of {peers.BATCH_SIZE}"


def rows(plan: Plan) -> Iterator[Row]:
    model = plan.get_model("tiny", TOKENS)
    short, middle, long = plan.either((10.0, 60.0, 600.0), (5.0, 10.0, 30.0))
    plan.say("recordings: made once, then cached")
    paths = {minutes: recording(minutes) for minutes in (short, middle, long)}
    with counted() as counter:
        whisper = peers.faster_whisper(model, threads=plan.threads)
        sharing, full = (
            ours.engine(model, threads=plan.threads, tokens=tokens)
            for tokens in (None, lambda _: model.tokens)
        )
        with (
            ours.opened(sharing, threads=plan.threads) as diarist,
            ours.opened(full, threads=plan.threads) as wordy,
        ):
            ours.hear(diarist, recording(1))
            ours.hear(wordy, recording(1))
            peers.batched(whisper, recording(1), model.tokens)

            def first(minutes: float, by: Diarist = diarist) -> ours.Heard:
                return ours.hear(by, paths[minutes], only_first=True)

            def firsts_of_both() -> Iterator[Row]:
                found = in_turns(
                    plan,
                    plan.how_many(),
                    {
                        "Diarist": counting(counter, lambda: first(middle)),
                        FULL: counting(counter, lambda: first(middle, wordy)),
                        PEER: counting(
                            counter,
                            lambda: peers.batched(whisper, paths[middle], model.tokens, only_first=True),
                        ),
                    },
                )
                same: dict[str, Any] = {
                    "measured": f"time to the first segment of {middle:g} min",
                    "peer_is": PEER,
                    "seconds": lambda heard: heard.first_s,
                }
                notes = [conditions(plan, model), BEGUN]
                yield compared(
                    plan, found["Diarist"], found[PEER], id="2", target=20.0, notes=[*notes, SHARE], **same
                )
                yield compared(
                    plan,
                    found[FULL],
                    found[PEER],
                    id="2 (tokens)",
                    target=None,
                    ours_is=FULL,
                    notes=notes,
                    **same,
                )

            def growth() -> Row:
                found = in_turns(
                    plan,
                    plan.how_many(),
                    {
                        "long": counting(counter, lambda: first(long)),
                        "short": counting(counter, lambda: first(short)),
                    },
                )
                grown = compared(
                    plan,
                    found["long"],
                    found["short"],
                    id="2b",
                    measured=f"time to the first segment, {long:g} min ÷ {short:g} min",
                    ours_is=f"Diarist, {long:g} min",
                    peer_is=f"Diarist, {short:g} min",
                    target=1.2,
                    seconds=lambda heard: heard.first_s,
                    notes=[conditions(plan, model), BEGUN],
                )
                return replace(grown, reading="growth")

            if plan.wants("2"):
                yield from firsts_of_both()
            if plan.wants("2b"):
                yield growth()
