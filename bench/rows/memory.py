"""Rows 3 and 3b: memory above the loaded model, against faster-whisper's batched mode, and against ourselves.

Each run is a fresh process. Memory is the proportional set size (PSS) of that process and all its children,
so that what they share counts once.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psutil

from bench import peers
from bench.comparing import conditions
from bench.figures import Row, Work
from bench.memory_side import PEER_WINDOWS
from bench.models import Model
from bench.recordings import recording
from bench.running import Plan, in_turns

TOKENS = 4
"""Few, so that ten hours take minutes: memory is in the sound and in the features, not in the text."""
FULL_RUNS = 3
"""A round of all sides takes more than ten minutes: ours hears ten hours to their end."""
EVERY_S = 0.1
PEER = f"faster-whisper, batches of {peers.BATCH_SIZE}"
MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """MiB: with the model loaded, and the most above that, which was `peak_after_s` of `total_s` into it."""

    loaded_mib: float
    above_mib: float
    peak_after_s: float
    total_s: float
    work: Work

    def __str__(self) -> str:
        return (
            f"{self.above_mib:.0f} MiB above {self.loaded_mib:.0f} MiB, "
            f"at {self.peak_after_s:.0f} s of {self.total_s:.0f} s"
        )


def rows(plan: Plan) -> Iterator[Row]:
    model = plan.get_model("tiny", TOKENS)
    short, long = plan.either((10.0, 600.0), (10.0, 30.0))
    if not plan.wants("3", "3b"):
        return
    ours_is, short_is = f"Diarist, {long:g} min", f"Diarist, {short:g} min"
    sides = {ours_is: lambda: _told(plan, "diarist", model, long)}
    if plan.wants("3"):
        sides[PEER] = lambda: _told(plan, "faster-whisper", model, long)
    if plan.wants("3b"):
        sides[short_is] = lambda: _told(plan, "diarist", model, short)
    found = in_turns(plan, plan.how_many(full=FULL_RUNS, quick=1), sides)
    if plan.wants("3"):
        yield _against_peer(plan, model, long, found[ours_is], found[PEER])
    if plan.wants("3b"):
        yield _growth(plan, model, found[ours_is], ours_is, found[short_is], short_is)


def _told(plan: Plan, side: str, model: Model, minutes: float) -> Used:
    used = measure(side, model, minutes, threads=plan.threads)
    plan.say(f"{side}, {minutes:g} min: {used}; {used.work}")
    return used


def _against_peer(
    plan: Plan, model: Model, long: float, ours_long: list[Used], peers_long: list[Used]
) -> Row:
    return Row(
        id="3",
        measured=f"peak memory above the loaded model, {long:g} min",
        unit="MiB",
        ours=[used.above_mib for used in ours_long],
        ours_is="Diarist",
        ours_work=ours_long[-1].work,
        peer=[used.above_mib for used in peers_long],
        peer_is=PEER,
        peer_work=peers_long[-1].work,
        target=10.0,
        notes=[
            conditions(plan, model),
            f"Diarist: {ours_long[-1]}, all of the recording",
            f"peer: {peers_long[-1]}, stopped after {PEER_WINDOWS} windows, past its peak",
        ],
        quick=plan.quick,
    )


def _growth(
    plan: Plan, model: Model, ours_long: list[Used], ours_is: str, ours_short: list[Used], short_is: str
) -> Row:
    return Row(
        id="3b",
        measured=f"peak memory above the loaded model, {ours_is} ÷ {short_is}",
        unit="MiB",
        ours=[used.above_mib for used in ours_long],
        ours_is=ours_is,
        ours_work=ours_long[-1].work,
        peer=[used.above_mib for used in ours_short],
        peer_is=short_is,
        peer_work=ours_short[-1].work,
        reading="growth",
        target=1.15,
        notes=[conditions(plan, model), _whole(ours_long[-1], ours_short[-1])],
        quick=plan.quick,
    )


def _whole(long: Used, short: Used) -> str:
    growth = (long.loaded_mib + long.above_mib) / (short.loaded_mib + short.above_mib)
    return f"with the model: {growth:.2f} ×"


def measure(side: str, model: Model, minutes: float, *, threads: int) -> Used:
    """One run in a process of its own. Raises `RuntimeError` when that fails."""
    path = recording(minutes)
    told = [side, str(threads), str(model.tokens), str(model.ctranslate2), str(path)]
    command = [sys.executable, "-m", "bench.memory_side", *told]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        if process.stdout.readline().strip() != "loaded":
            raise RuntimeError(f"{side} could not be loaded")
        time.sleep(1.0)  # what loading leaves behind is let go of
        watch = Watch(process.pid)
        watch.start()
        process.stdin.write("go\n")
        process.stdin.flush()
        line = process.stdout.readline()
        watch.stop()
        if not line:
            raise RuntimeError(f"{side} broke at {minutes:g} minutes")
        done: dict[str, Any] = json.loads(line)
    return Used(
        loaded_mib=watch.first_bytes / MIB,
        above_mib=(watch.peak_bytes - watch.first_bytes) / MIB,
        peak_after_s=watch.peak_after_s,
        total_s=done["total_s"],
        work=Work(windows=done["windows"], tokens=done["tokens"], words=done["words"]),
    )


class Watch(threading.Thread):
    """Samples the memory of a process tree, from now on until stopped."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._root = psutil.Process(pid)
        self._enough = threading.Event()
        self._began = time.perf_counter()
        self.first_bytes = self.peak_bytes = tree_bytes(self._root)
        self.peak_after_s = 0.0

    def run(self) -> None:
        while not self._enough.wait(EVERY_S):
            now_bytes = tree_bytes(self._root)
            if now_bytes > self.peak_bytes:
                self.peak_bytes = now_bytes
                self.peak_after_s = time.perf_counter() - self._began

    def stop(self) -> None:
        self._enough.set()
        self.join()


def tree_bytes(root: psutil.Process) -> int:
    """PSS of a process and its children, those that are ending left out."""
    total = 0
    for process in [root, *root.children(recursive=True)]:
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total
