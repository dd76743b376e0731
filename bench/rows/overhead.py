"""Rows 4 and 4b: what the service adds to its engine, and whether it stays responsive meanwhile.

Three sides do the same windows with the same engine: the service over the loopback, from the upload to the
last line of the stream; the library in this process, from the path to the last segment; and the engine alone
on windows that were cut beforehand, for which nobody decodes a file, finds speech or assembles segments.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.domain.engine import EngineInfo
from app.domain.options import TranscriptionOptions
from app.domain.ports import Priority, TranscriptionPort
from app.domain.transcript import TranscriptionText
from app.domain.windows import SpeechWindow
from bench import ours
from bench.comparing import conditions, cpu_s
from bench.counting import counted
from bench.figures import Row, Work
from bench.models import Model
from bench.recordings import recording
from bench.running import Plan, settle
from bench.server import HEALTH_EVERY_S, Health, Spent, serving

TOKENS = 50
ALONE_RUNS = 2
"""The engine alone is there for orientation; it takes as long as the others, so it runs less often."""

Found = dict[str, list[Spent]]
SERVICE, LIBRARY, ALONE = (
    "Diarist over HTTP",
    "the same engine in the library",
    "its engine alone, on ready windows",
)


def rows(plan: Plan) -> Iterator[Row]:
    model = plan.get_model(plan.either("small", "tiny"), TOKENS)
    minutes = plan.either(10.0, 3.0)
    health = Health()
    with tempfile.TemporaryDirectory() as folder:
        found, work = measure(plan, model, recording(minutes), Path(folder), health)
    notes = [conditions(plan, model)]
    if plan.quick:
        notes.append("a small model on little audio: overhead weighs much more than in the full row")
    yield _compared(
        plan, found, LIBRARY, work, id="4", measured=f"service over its engine, {minutes:g} min", notes=notes
    )
    yield _compared(plan, found, LIBRARY, work, id="4 (CPU)", measured="the same in CPU seconds", cpu=True)
    yield _compared(
        plan,
        found,
        ALONE,
        work,
        id="4 (windows)",
        measured="service over the engine on ready windows",
        target=None,
    )
    all_ms = [ms for run in health.runs_ms for ms in run]
    yield Row(
        id="4b",
        measured=f"/health while a job runs, 99th percentile, asked every {HEALTH_EVERY_S * 1000:.0f} ms",
        unit="ms",
        ours=[statistics.quantiles(run, n=100)[98] for run in health.runs_ms],
        ours_is=SERVICE,
        reading="value",
        target=50.0,
        notes=[
            f"median {statistics.median(all_ms):.1f} ms, worst {max(all_ms):.1f} ms, {len(all_ms)} answers"
        ],
        quick=plan.quick,
    )


def measure(
    plan: Plan, model: Model, path: Path, folder: Path, health: Health
) -> tuple[Found, dict[str, Work]]:
    """All runs of the three sides, and what one run of each did. `/health` is asked in other runs."""
    windows, warm, runs = cut(path, plan.threads), recording(0.5), plan.how_many()
    found: Found = {SERVICE: [], LIBRARY: [], ALONE: []}
    work = {}
    engine, engine_alone = (ours.engine(model, threads=plan.threads) for _ in range(2))
    with (
        counted() as counter,
        asyncio.Runner() as runner,
        ours.opened(engine, threads=plan.threads) as diarist,
        serving(model, plan.threads, folder) as server,
    ):

        def in_service() -> Spent:
            server.work()
            spent = server.transcribe(path)
            work[SERVICE] = server.work(words=spent.words)
            return spent

        sides = {
            SERVICE: in_service,
            LIBRARY: lambda: in_library(diarist, path),
            ALONE: lambda: runner.run(alone(engine_alone, windows)),
        }
        runner.run(alone(engine_alone, windows[:2]))
        in_library(diarist, warm)
        server.transcribe(warm)
        for number in range(1, runs + 1):
            for side, run in sides.items():
                if side == ALONE and number > ALONE_RUNS:
                    continue
                settle()
                counter.take()
                spent = run()
                work.setdefault(side, counter.take(words=spent.words))
                found[side].append(spent)
                plan.say(f"run {number} of {runs}, {side}: {spent.wall_s:.2f} s")
        for _ in range(plan.either(3, 1)):
            with health.polled(server.url):
                server.transcribe(recording(plan.either(3.0, 1.0)))
        plan.say("/health was asked")
        runner.run(engine_alone.aclose())
    return found, work


def _compared(
    plan: Plan,
    found: Found,
    peer: str,
    work: dict[str, Work],
    *,
    id: str,
    measured: str,
    cpu: bool = False,
    target: float | None = 0.03,
    notes: Sequence[str] = (),
) -> Row:
    def figures(side: str) -> list[float]:
        return [spent.cpu_s if cpu else spent.wall_s for spent in found[side]]

    return Row(
        id=id,
        measured=measured,
        unit="CPU s" if cpu else "s",
        ours=figures(SERVICE),
        ours_is=SERVICE,
        ours_work=work[SERVICE],
        peer=figures(peer),
        peer_is=peer,
        peer_work=work[peer],
        reading="overhead",
        target=target,
        notes=notes,
        quick=plan.quick,
    )


def in_library(diarist: ours.Diarist, path: Path) -> Spent:
    cpu_before = cpu_s()
    heard = ours.hear(diarist, path)
    return Spent(wall_s=heard.total_s, cpu_s=cpu_s() - cpu_before, words=heard.words)


class Collector(TranscriptionPort):
    """An engine that keeps the windows it is given and hears nothing in them."""

    def __init__(self) -> None:
        self.windows: list[SpeechWindow] = []

    def describe(self) -> EngineInfo:
        return EngineInfo(name="collector", model="none")

    async def transcribe(
        self,
        window: SpeechWindow,
        options: TranscriptionOptions,
        *,
        priority: Priority = Priority.FILE,  # noqa: ARG002 - nobody waits here
    ) -> TranscriptionText:
        self.windows.append(window)
        return TranscriptionText(words=(), language=options.language)


def cut(path: Path, threads: int) -> list[SpeechWindow]:
    """The windows that Diarist makes of a recording."""
    collector = Collector()
    with ours.opened(collector, threads=threads) as diarist:
        ours.hear(diarist, path)
    return sorted(collector.windows, key=lambda window: window.index)


async def alone(engine: TranscriptionPort, windows: list[SpeechWindow]) -> Spent:
    """The engine with all windows at hand."""
    options = TranscriptionOptions(language="en", diarize=False)
    before, cpu_before = time.perf_counter(), cpu_s()
    texts = await asyncio.gather(*(engine.transcribe(window, options) for window in windows))
    return Spent(
        wall_s=time.perf_counter() - before,
        cpu_s=cpu_s() - cpu_before,
        words=sum(len(text.words) for text in texts),
    )
