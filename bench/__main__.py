"""Measure Diarist against its peers.

    python -m bench throughput [--quick] [--runs 5] [--threads 2] [--model FOLDER]
    python -m bench all
    python -m bench table       write what was found into docs/performance.md

Each prints its ratio, its spread and the work that both sides did, and writes bench/results/NAME.json and
NAME.png. `--quick` is for a first look: shorter recordings and fewer runs, kept apart in bench/results/quick,
as those of a model of your own are in bench/results/given.
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
    parser.add_argument("--results", type=Path, help="where to write, instead of bench/results")
    given = parser.parse_args()
    if given.name == "table":
        from bench.table import rewrite

        rewrite(given.results or RESULTS)
    elif given.name == "all":
        # Each in a process of its own: no row may find memory or threads that another left behind.
        sys.exit(max([_apart(name) for name in NAMES]))
    else:
        _measure(given)


def _apart(name: str) -> int:
    others = [argument for argument in sys.argv[1:] if argument != "all"]
    print(f"== {name}", flush=True)
    return subprocess.run([sys.executable, "-m", "bench", name, *others], check=False).returncode


def _measure(given: argparse.Namespace) -> None:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from importlib import import_module

    from app.infrastructure.settings import usable_cpus
    from bench.figures import write_result
    from bench.running import Plan

    logging.basicConfig(level=logging.WARNING)
    plan = Plan(threads=given.threads or usable_cpus(), quick=given.quick, runs=given.runs, model=given.model)
    folder = given.results or RESULTS / ("quick" if given.quick else "given" if given.model else "")
    rows = []
    for row in import_module(f"bench.rows.{given.name}").rows(plan):
        print(row.summary(), flush=True)
        rows.append(row)
    path = write_result(folder, given.name, rows)
    plan.say(f"written: {path} and {path.with_suffix('.png').name}")


if __name__ == "__main__":
    main()
