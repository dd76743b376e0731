"""Rows 4 and 4b: what the service adds to its engine, and whether it stays responsive meanwhile.

Three sides do the same windows with the same engine: the service over the loopback, from the upload to the
last line of the stream; the library in this process, from the path to the last segment; and the engine alone
on windows that were cut beforehand, for which nobody decodes a file, finds speech or assembles segments.
The target is held against both: row 4 is what a service costs whoever would otherwise call the engine on a
file, and so has to decode, gate and assemble too; row 4 (windows) is all that lies around the engine.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
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
from bench.running import Plan, in_turns
from bench.server import HEALTH_EVERY_S, Health, Server, Spent, serving

TOKENS = 50

Found = dict[str, list[tuple[Spent, Work]]]
SERVICE, LIBRARY, ALONE = (
    "Diarist over HTTP",
    "the same engine in the library, which decodes, gates and assembles too",
    "the same engine alone, on ready windows",
)


def rows(plan: Plan) -> Iterator[Row]:
    model = plan.get_model(plan.either("small", "tiny"), TOKENS)
    minutes = plan.either(10.0, 3.0)
    notes = [conditions(plan, model)]
    if plan.quick:
        notes.append("a small model on little audio: overhead weighs much more than in the full row")
    with tempfile.TemporaryDirectory() as folder, serving(model, plan.threads, Path(folder)) as server:
        server.transcribe(recording(0.5))
        if plan.wants("4", "4 (CPU)", "4 (windows)"):
            found = measure(plan, model, recording(minutes), server)
            over = f"service over its engine, {minutes:g} min"
            yield _compared(plan, found, LIBRARY, notes, id="4", measured=f"{over}, in the library")
            yield _compared(plan, found, LIBRARY, notes, id="4 (CPU)", measured=f"{over}, CPU time", cpu=True)
            yield _compared(plan, found, ALONE, notes, id="4 (windows)", measured=f"{over}, on ready windows")
        if plan.wants("4b"):
            yield _health(plan, server, notes)


def _health(plan: Plan, server: Server, notes: Sequence[str]) -> Row:
    health = Health()
    for _ in range(plan.how_many(quick=1)):
        with health.polled(server.url):
            server.transcribe(recording(plan.either(3.0, 1.0)))
    all_ms = [ms for run in health.runs_ms for ms in run]
    return Row(
        id="4b",
        measured=f"/health while a job runs, 99th percentile, asked every {HEALTH_EVERY_S * 1000:.0f} ms",
        unit="ms",
        ours=[statistics.quantiles(run, n=100, method="inclusive")[98] for run in health.runs_ms],
        ours_is=SERVICE,
        reading="value",
        target=50.0,
        notes=[
            *notes,
            f"median {statistics.median(all_ms):.1f} ms, worst {max(all_ms):.1f} ms, {len(all_ms)} answers",
        ],
        quick=plan.quick,
    )


def measure(plan: Plan, model: Model, path: Path, server: Server) -> Found:
    """All runs of the three sides, and the work that each did. `server` is warm."""
    windows = cut(path, plan.threads)
    engine, engine_alone = (ours.engine(model, threads=plan.threads) for _ in range(2))
    with (
        counted() as counter,
        asyncio.Runner() as runner,
        ours.opened(engine, threads=plan.threads) as diarist,
    ):

        def in_service() -> tuple[Spent, Work]:
            server.work()
            spent = server.transcribe(path)
            return spent, server.work(words=spent.words)

        def in_process(run: Callable[[], Spent]) -> tuple[Spent, Work]:
            counter.take()
            spent = run()
            return spent, counter.take(words=spent.words)

        runner.run(alone(engine_alone, windows[:2]))
        in_library(diarist, recording(0.5))
        found = in_turns(
            plan,
            plan.how_many(),
            {
                SERVICE: in_service,
                LIBRARY: lambda: in_process(lambda: in_library(diarist, path)),
                ALONE: lambda: in_process(lambda: runner.run(alone(engine_alone, windows))),
            },
        )
        runner.run(engine_alone.aclose())
    return found


def _compared(
    plan: Plan, found: Found, peer: str, notes: Sequence[str], *, id: str, measured: str, cpu: bool = False
) -> Row:
    def work(side: str) -> Work:
        spent, done = found[side][-1]
        return replace(done, cpu_s=spent.cpu_s)

    def figures(side: str) -> list[float]:
        return [spent.cpu_s if cpu else spent.wall_s for spent, _ in found[side]]

    return Row(
        id=id,
        measured=measured,
        unit="CPU s" if cpu else "s",
        ours=figures(SERVICE),
        ours_is=SERVICE,
        ours_work=work(SERVICE),
        peer=figures(peer),
        peer_is=peer,
        peer_work=work(peer),
        reading="overhead",
        target=0.03,
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
