"""Row 1c: our transformers engine against the ASR pipeline of transformers, both in float32."""

from collections.abc import Iterator

from bench import ours, peers
from bench.comparing import compared, conditions, counting
from bench.counting import counted_in_transformers
from bench.figures import Row
from bench.recordings import recording
from bench.running import Plan, in_turns

TOKENS = 100
PEER = f"transformers ASR pipeline, batches of {peers.BATCH_SIZE}"


def rows(plan: Plan) -> Iterator[Row]:
    model = plan.get_model("tiny", TOKENS)
    minutes = plan.either(5.0, 1.0)
    path, warm = recording(minutes), recording(0.5)
    transcription = ours.engine(model, threads=plan.threads, kind="transformers", batch_size=peers.BATCH_SIZE)
    with (
        counted_in_transformers() as counter,
        peers.transformers_pipeline(model, threads=plan.threads) as pipeline,
        ours.opened(transcription, threads=plan.threads) as diarist,
    ):
        ours.hear(diarist, warm)
        pipeline(warm)
        found = in_turns(
            plan,
            plan.how_many(quick=1),
            {
                "Diarist": counting(counter, lambda: ours.hear(diarist, path)),
                PEER: counting(counter, lambda: pipeline(path)),
            },
        )
    yield compared(
        plan,
        found["Diarist"],
        found[PEER],
        id="1c",
        measured=f"{minutes:g} min of audio, transformers",
        ours_is=ours.NAMES["transformers"],
        peer_is=PEER,
        target=1.5,
        notes=[
            conditions(plan, model, "float32"),
            "peer: chunks of 30 s that overlap by 5 s on either side, its own default; "
            "its tokens include timestamps",
        ],
    )
