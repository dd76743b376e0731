"""How close large-v3's geometry comes to what a GPU could do at best, in batches of 1, 16 and 64.

The floor of a window is the time that the chip needs for the arithmetic of the encoder and of the keys and
values of cross-attention, and for each token that of a decoder step and of reading the weights, once for the
whole batch, and the cached keys and values, once for each window:

    (encoder + cross) ÷ arithmetic + tokens × (step ÷ arithmetic + (weights ÷ batch + cache) ÷ bandwidth)

Without a GPU all sides run on the CPU, in tiny geometry and small batches: only a check that this works.
"""

import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench import ours, peers
from bench.comparing import compared, conditions, counting
from bench.counting import Counter, counted, counted_in_transformers
from bench.figures import Row
from bench.models import Model, import_transformers
from bench.ours import Engine, Heard
from bench.recordings import recording
from bench.running import Plan, in_turns

TOKENS = 100
WINDOW_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """What a GPU can do in a second: dense operations in 16 bits, and bytes from and to its memory."""

    name: str
    flops: float
    bytes_per_s: float


H200 = Chip(name="H200", flops=790e12, bytes_per_s=4.3e12)
ENCODER_FLOP = 2.27e12
CROSS_FLOP = 32 * 2 * 1500 * 1280 * 1280 * 2
"""Keys and values of 1,500 positions in each of 32 layers."""
STEP_FLOP = 1.86e9
WEIGHTS_BYTES = 1.6e9
CACHE_BYTES = 32 * 2 * 1500 * 1280 * 2


def floor(batch_size: int, tokens: int = TOKENS, chip: Chip = H200) -> float:
    """How many seconds of sound large-v3 could do in a second at best, in 16 bits."""
    step_s = STEP_FLOP / chip.flops + (WEIGHTS_BYTES / batch_size + CACHE_BYTES) / chip.bytes_per_s
    return WINDOW_S / ((ENCODER_FLOP + CROSS_FLOP) / chip.flops + tokens * step_s)


def rows(plan: Plan) -> Iterator[Row]:
    import_transformers()
    import torch

    on_gpu = torch.cuda.is_available()
    geometry, quantization = ("large-v3", "float16") if on_gpu else ("tiny", "int8")
    model = plan.get_model(geometry, TOKENS, quantization=quantization)
    # At least two batches each, and not much more where they are slow.
    sizes = {1: 5.0, 16: 20.0, 64: 70.0} if on_gpu else {1: 1.0, 4: 4.0}
    for batch_size, minutes in sizes.items():
        for kind in ("faster-whisper", "transformers"):
            if not plan.wants(_id(kind, batch_size)):
                continue
            row = _row(plan, model, kind, batch_size, plan.either(minutes, minutes / 2), on_gpu=on_gpu)
            yield (
                row if on_gpu else replace(row, notes=[*row.notes, "NO GPU: a small form, not to be quoted"])
            )


def _row(plan: Plan, model: Model, kind: Engine, batch_size: int, minutes: float, *, on_gpu: bool) -> Row:
    path, warm = recording(minutes), recording(0.5)
    sides = _faster_whisper if kind == "faster-whisper" else _transformers
    with sides(plan, model, batch_size, on_gpu=on_gpu) as (peer_is, counter, of_ours, of_peer):
        of_ours(warm)
        of_peer(warm)
        found = in_turns(
            plan,
            plan.how_many(quick=1),
            {
                "Diarist": counting(counter, lambda: of_ours(path)),
                peer_is: counting(counter, lambda: of_peer(path)),
            },
        )
    row = compared(
        plan,
        found["Diarist"],
        found[peer_is],
        id=_id(kind, batch_size),
        measured=f"{minutes:g} min of audio, batches of {batch_size}",
        ours_is=ours.NAMES[kind],
        peer_is=peer_is,
        target=None,
        notes=[conditions(plan, model, _precision(kind, on_gpu=on_gpu))],
    )
    windows_per_s = (row.ours_work.windows or 0) / statistics.median(row.ours)
    told = f"{minutes * 60 / statistics.median(row.ours):.0f} × real time"
    if on_gpu:
        reached = windows_per_s * WINDOW_S / floor(batch_size)
        told += f"; with full windows {reached:.0%} of an {H200.name}'s floor of {floor(batch_size):.0f} ×"
    return replace(row, notes=[*row.notes, told])


def _id(kind: Engine, batch_size: int) -> str:
    return f"GPU {kind} {batch_size}"


Sides = Iterator[tuple[str, Counter, Callable[[Path], Heard], Callable[[Path], Heard]]]


def _precision(kind: Engine, *, on_gpu: bool) -> str:
    if on_gpu:
        return "float16"
    return "int8" if kind == "faster-whisper" else "float32"


@contextmanager
def _faster_whisper(plan: Plan, model: Model, batch_size: int, *, on_gpu: bool) -> Sides:
    where = {
        "device": "cuda" if on_gpu else "cpu",
        "compute_type": _precision("faster-whisper", on_gpu=on_gpu),
    }
    transcription = ours.engine(model, threads=plan.threads, batch_size=batch_size, **where)
    with counted() as counter, ours.opened(transcription, threads=plan.threads) as diarist:
        whisper = peers.faster_whisper(model, threads=plan.threads, **where)
        yield (
            f"faster-whisper, batches of {batch_size}",
            counter,
            lambda path: ours.hear(diarist, path),
            lambda path: peers.batched(whisper, path, model.tokens, batch_size=batch_size),
        )


@contextmanager
def _transformers(plan: Plan, model: Model, batch_size: int, *, on_gpu: bool) -> Sides:
    device, precision = "cuda" if on_gpu else "cpu", _precision("transformers", on_gpu=on_gpu)
    transcription = ours.engine(
        model,
        threads=plan.threads,
        kind="transformers",
        device=device,
        compute_type=precision,
        batch_size=batch_size,
    )
    with (
        counted_in_transformers() as counter,
        ours.opened(transcription, threads=plan.threads) as diarist,
        peers.transformers_pipeline(
            model, threads=plan.threads, device=device, dtype=precision, batch_size=batch_size
        ) as pipeline,
    ):
        peer_is = f"transformers ASR pipeline, batches of {batch_size}"
        yield peer_is, counter, lambda path: ours.hear(diarist, path), pipeline
