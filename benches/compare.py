"""Measures pycolonies against its version 1.0.25 and against coincurve; see README.md beside this file.

Run it with ``make bench``, which makes both environments.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import machine
import plot
import record
import table
from candidates import Candidates
from child import HERE
from figures import Results
from rounds import Plan, measure_everything

#: Percent of the machine that other processes may take. With more, rates tell what was left over:
#: in eight threads the new client and the server could use all cores, 1.0.25 never uses more than one.
QUIET = 10


def arguments() -> argparse.Namespace:
    environment = Path(sys.prefix)
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7, help="how often each figure is taken (7)")
    parser.add_argument("--seconds", type=float, default=1.0, help="seconds of calls in each round (1)")
    parser.add_argument("--results", type=Path, default=HERE / "results", help="folder to write to")
    parser.add_argument(
        "--old",
        type=Path,
        default=environment / "bin" / "python",
        help="interpreter with 1.0.25 and coincurve",
    )
    parser.add_argument(
        "--new",
        type=Path,
        default=environment / "new" / "bin" / "python",
        help="interpreter with the package of this repository",
    )
    parser.add_argument(
        "--bare",
        type=Path,
        default=HERE.parent / "target" / "release" / "examples" / "cycle",
        help="program that submits, assigns and closes (crates/colonies-client/examples/cycle.rs)",
    )
    return parser.parse_args()


def main() -> None:
    chosen = arguments()
    plan = Plan(rounds=chosen.rounds, seconds=chosen.seconds)
    others = machine.Others()
    with Candidates(chosen.old, chosen.new, chosen.bare) as candidates:
        rows = measure_everything(candidates, plan)
    share = others.percent()
    described = machine.describe() | {"other processes": f"{share:.0f} % of the cores"}
    results = Results(described, candidates.versions, plan.settings(), rows)
    text = table.text(results)
    print(text)
    if share > QUIET:
        print(f"Other processes took {share:.0f} % of the machine: measure again when it is idle.\n")
    chosen.results.mkdir(parents=True, exist_ok=True)
    (chosen.results / "latest.md").write_text(f"# The latest figures\n\n{text}")
    record.write(results, chosen.results / "latest.json")
    plot.write(results, chosen.results / "latest.svg")


if __name__ == "__main__":
    main()
