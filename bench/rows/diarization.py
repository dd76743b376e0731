"""Row 6: our way through a pyannote pipeline against the pipeline called directly, with the same weights."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median

from app.domain.audio import SAMPLE_RATE_HZ, Samples
from bench import pyannote_sides as sides
from bench.comparing import cpu_s
from bench.figures import Row, Work
from bench.pyannote_sides import Diarized, Passes
from bench.recordings import recording
from bench.running import Plan, in_turns

BATCH = 32
WARM_S = 11
OURS, PEER = "Diarist, pyannote engine", f"pyannote pipeline, batches of {BATCH}"

Run = tuple[Diarized, Passes, float]


def rows(plan: Plan) -> Iterator[Row]:
    path = recording(plan.either(0.35, 0.2))
    folder = plan.model or sides.random_pipeline(recording(1))
    samples = sides.decoded(path)
    given: dict[str, Samples | Path] = {"6": samples, "6 (path)": path}
    with (
        sides.counted_passes() as passes,
        sides.diarist(folder, threads=plan.threads) as ours,
        sides.pyannote(folder, threads=plan.threads) as peer,
    ):
        for side in (ours, peer):
            side(samples[: WARM_S * SAMPLE_RATE_HZ])
        for row in filter(plan.wants, given):
            both = {
                name: partial(_run, side, given[row], passes) for name, side in ((OURS, ours), (PEER, peer))
            }
            found = in_turns(plan, plan.how_many(), both)
            yield _row(plan, row, found[OURS], found[PEER], len(samples) / SAMPLE_RATE_HZ)


def _run(side: Callable[[Path | Samples], Diarized], recording: Path | Samples, passes: Passes) -> Run:
    passes.take()
    before_s = cpu_s()
    found = side(recording)
    return found, passes.take(), cpu_s() - before_s


def _row(plan: Plan, id: str, ours: Sequence[Run], peer: Sequence[Run], duration_s: float) -> Row:
    turns = peer[-1][0].turns
    for mine, its in zip(ours, peer, strict=True):
        if not sides.alike(mine[0].turns, its[0].turns, duration_s):
            raise SystemExit("ours and the peer's turns differ: their times say nothing")
    name = plan.model.name if plan.model else "random weights, community-1's geometry"
    how = "path" if "path" in id else "memory"
    return Row(
        id=id,
        measured=f"{duration_s:g} s of audio from {how}, identical turns and speakers",
        unit="s",
        ours=[run[0].total_s for run in ours],
        ours_is=OURS,
        ours_work=_work(ours),
        peer=[run[0].total_s for run in peer],
        peer_is=PEER,
        peer_work=_work(peer),
        target=2.0,
        notes=[
            f"{name}, float32, {plan.threads} threads; {len(turns)} turns of"
            f" {len({who for *_, who in turns})} speakers, alike in every run",
            "windows: 10 s through the trunk of the embedding model; the last run's, with its seconds:",
            f"ours: {_told(ours)}; {ours[-1][0].voice_samples} voice samples for the linker beside",
            f"peer: {_told(peer)}",
            *(["decoding is PyAV's on both sides where torchcodec finds no FFmpeg"] if how == "path" else []),
        ],
        quick=plan.quick,
    )


def _work(runs: Sequence[Run]) -> Work:
    return Work(windows=runs[-1][1].windows, cpu_s=median(run[2] for run in runs))


def _told(runs: Sequence[Run]) -> str:
    return runs[-1][1].told(runs[-1][0].total_s)
