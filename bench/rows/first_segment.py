"""Rows 2 and 2b: how long until the first words are there, and whether that grows with the recording."""

from collections.abc import Iterator
from dataclasses import replace

from bench import ours, peers
from bench.comparing import compared, conditions, counting
from bench.counting import counted
from bench.figures import Row
from bench.recordings import recording
from bench.running import Plan, in_turns

TOKENS = 100
BEGUN = "work: what was begun when the first segment came; both are stopped then"
PEER = f"faster-whisper, batches of {peers.BATCH_SIZE}"


def rows(plan: Plan) -> Iterator[Row]:
    model = plan.get_model("tiny", TOKENS)
    short, middle, long = plan.either((10.0, 60.0, 600.0), (5.0, 10.0, 30.0))
    plan.say("recordings: made once, then cached")
    paths = {minutes: recording(minutes) for minutes in (short, middle, long)}
    with counted() as counter:
        whisper = peers.faster_whisper(model, threads=plan.threads)
        with ours.opened(ours.engine(model, threads=plan.threads), threads=plan.threads) as diarist:
            ours.hear(diarist, recording(1))
            peers.batched(whisper, recording(1), model.tokens)

            def first(minutes: float) -> ours.Heard:
                return ours.hear(diarist, paths[minutes], only_first=True)

            def firsts_of_both() -> Row:
                found = in_turns(
                    plan,
                    plan.how_many(),
                    {
                        "Diarist": counting(counter, lambda: first(middle)),
                        PEER: counting(
                            counter,
                            lambda: peers.batched(whisper, paths[middle], model.tokens, only_first=True),
                        ),
                    },
                )
                return compared(
                    plan,
                    found["Diarist"],
                    found[PEER],
                    id="2",
                    measured=f"time to the first segment of {middle:g} min",
                    peer_is=PEER,
                    target=20.0,
                    seconds=lambda heard: heard.first_s,
                    notes=[conditions(plan, model), BEGUN],
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
                yield firsts_of_both()
            if plan.wants("2b"):
                yield growth()
