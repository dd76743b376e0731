"""Row 1b: against faster-whisper as most people call it, `WhisperModel.transcribe`, window after window."""

from collections.abc import Iterator

from bench import ours, peers
from bench.comparing import compared, conditions, counting
from bench.counting import counted
from bench.figures import Row
from bench.recordings import recording
from bench.running import Plan, in_turns

TOKENS = 100
GREEDY, BEAM_5 = "faster-whisper, sequential, greedy", "faster-whisper, sequential, its beam of 5"


def rows(plan: Plan) -> Iterator[Row]:
    model = plan.get_model("tiny", TOKENS)
    minutes = plan.either(10.0, 3.0)
    path, warm = recording(minutes), recording(1)
    with counted() as counter:
        whisper = peers.faster_whisper(model, threads=plan.threads)
        with ours.opened(ours.engine(model, threads=plan.threads), threads=plan.threads) as diarist:
            ours.hear(diarist, warm)
            peers.sequential(whisper, warm, model.tokens)
            found = in_turns(
                plan,
                plan.how_many(),
                {
                    "Diarist": counting(counter, lambda: ours.hear(diarist, path)),
                    GREEDY: counting(counter, lambda: peers.sequential(whisper, path, model.tokens)),
                    BEAM_5: counting(
                        counter, lambda: peers.sequential(whisper, path, model.tokens, beam_size=5)
                    ),
                },
            )
    alike = "no voice activity detection and timestamps beside the words, which is the peer's default"
    yield compared(
        plan,
        found["Diarist"],
        found[GREEDY],
        id="1b",
        measured=f"{minutes:g} min of audio, the same beam of 1",
        peer_is=GREEDY,
        target=2.0,
        notes=[conditions(plan, model), f"peer: {alike}"],
    )
    yield compared(
        plan,
        found["Diarist"],
        found[BEAM_5],
        id="1b (defaults)",
        measured=f"{minutes:g} min of audio, each with the beam it has by default (1 and 5)",
        peer_is=BEAM_5,
        target=None,
        notes=["unequal work, reported beside 1b"],
    )
