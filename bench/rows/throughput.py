"""Row 1: from a path to the last segment, against faster-whisper's batched mode."""

from collections.abc import Iterator

from bench import ours, peers
from bench.comparing import compared, conditions, counting
from bench.counting import counted
from bench.figures import Row
from bench.recordings import recording
from bench.running import Plan, in_turns

TOKENS = 100
PEER = f"faster-whisper, batches of {peers.BATCH_SIZE}"


def rows(plan: Plan) -> Iterator[Row]:
    model = plan.get_model("tiny", TOKENS)
    with counted() as counter:
        whisper = peers.faster_whisper(model, threads=plan.threads)
        with ours.opened(ours.engine(model, threads=plan.threads), threads=plan.threads) as diarist:
            warm = recording(1)
            ours.hear(diarist, warm)
            peers.batched(whisper, warm, model.tokens)
            for minutes in plan.either((10.0, 60.0), (4.0,)):
                row_id = "1" if minutes < 60 else "1 (1 h)"
                if not plan.wants(row_id):
                    continue
                path = recording(minutes)
                found = in_turns(
                    plan,
                    plan.how_many(),
                    {
                        "Diarist": counting(counter, lambda path=path: ours.hear(diarist, path)),
                        PEER: counting(counter, lambda path=path: peers.batched(whisper, path, model.tokens)),
                    },
                )
                yield compared(
                    plan,
                    found["Diarist"],
                    found[PEER],
                    id=row_id,
                    measured=f"{minutes:g} min of audio, path to last segment",
                    peer_is=PEER,
                    target=1.0,
                    notes=[conditions(plan, model)],
                )
