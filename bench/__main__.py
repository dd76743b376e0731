"""Measure Diarist against its peers.

    python -m bench throughput [--quick] [--runs 5] [--threads 2] [--model FOLDER]
    python -m bench throughput --only "1 (1 h)" [--add]
    python -m bench all
    python -m bench table       write what was found into docs/performance.md

Each prints its ratio, its spread and the work that both sides did, and writes bench/results/NAME.json and
NAME.png. `--quick` is for a first look: shorter recordings and fewer runs, kept apart in bench/results/quick,
as those of a model of your own are in bench/results/given. `--only` measures some rows and keeps what was
found of the others; `--add` adds its runs to those of before, for a long row that needs several sittings.
"""

import argparse
import logging
import os
import subprocess
import sys
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
NAMES = (
    "throughput",
    "defaults",
    "transformers",
    "first_segment",
    "memory",
    "overhead",
    "concurrency",
    "per_segment",
    "diarization",
    "speakers",
)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=[*NAMES, "gpu", "all", "table"])
    parser.add_argument("--quick", action="store_true", help="a smoke figure in under two minutes")
    parser.add_argument("--runs", type=int, help="interleaved runs of each side")
    parser.add_argument("--threads", type=int, help="of both sides; all usable cores unless given")
    parser.add_argument("--model", type=Path, help="a transformers folder with a real Whisper")
    parser.add_argument("--only", nargs="+", default=(), metavar="ROW", help='such as "1 (1 h)"')
    parser.add_argument("--add", action="store_true", help="runs to those that were measured before")
    parser.add_argument("--results", type=Path, help="where to write, instead of bench/results")
    given = parser.parse_args()
    if given.name == "table":
        from bench.table import rewrite

        rewrite(given.results or RESULTS)
    elif given.name == "all":
        if given.only:
            parser.error("--only goes with one name")
        # Each in a process of its own: no row may find memory or threads that another left behind.
        failed = [name for name in NAMES if _apart(name) != 0]
        if failed:
            sys.exit(f"FAILED: {', '.join(failed)}")
    else:
        _measure(given)


def _apart(name: str) -> int:
    others = [argument for argument in sys.argv[1:] if argument != "all"]
    print(f"== {name}", flush=True)
    return subprocess.run([sys.executable, "-m", "bench", name, *others], check=False).returncode


def results_folder(*, quick: bool, own_model: bool) -> Path:
    """Figures that are not to be quoted are kept apart from those that are."""
    return RESULTS / ("given" if own_model else "") / ("quick" if quick else "")


def _measure(given: argparse.Namespace) -> None:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from importlib import import_module

    from app.infrastructure.settings import usable_cpus
    from bench.host import describe_host
    from bench.running import Plan
    from bench.sittings import read_rows, together, write_result

    logging.basicConfig(level=logging.WARNING)
    plan = Plan(
        threads=given.threads or usable_cpus(),
        quick=given.quick,
        runs=given.runs,
        model=given.model,
        only=given.only,
    )
    folder = given.results or results_folder(quick=given.quick, own_model=given.model is not None)
    before = read_rows(folder, given.name, describe_host()) if given.only or given.add else []
    rows, path = [], None
    for row in import_module(f"bench.rows.{given.name}").rows(plan):
        rows.append(row)
        # At once, so that a row that is stopped leaves those that are done.
        path = write_result(folder, given.name, rows, before=before, add=given.add)
        [told] = [kept for kept in together(before, rows, add=given.add) if kept.id == row.id]
        print(told.summary(), flush=True)
    if path is None:
        sys.exit(f"{given.name} has no row {given.only}")
    plan.say(f"written: {path} and {path.with_suffix('.png').name}")


if __name__ == "__main__":
    main()
