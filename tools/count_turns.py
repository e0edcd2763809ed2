"""Count turns of phrase that plain English does without, per 10,000 lines of source: run this file.

The limit is a reminder, not the goal: read every text aloud. ``--list`` prints each place.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: Turns per 10,000 lines that `make check` accepts.
LIMIT = 2

TURNS = (
    "nobody",
    "somebody",
    "whoever",
    "at the most",
    "at the least",
    "any longer",
    "all the same",
    "(?:is|are|be|was) told",
    "gives? back",
    "of (?:its|their|his|your) own",
    "in place of",
    "where there (?:is|are) no",
    "(?:has|have|had) to be",
    "(?:may|can|could|to) be had",
    "heard from",
)
#: A line may end within a turn, also in a comment.
_BREAK = r"[\s#/*]+"
_TURN = re.compile(r"\b(?:" + "|".join(TURNS).replace(" ", _BREAK) + r")\b", re.IGNORECASE)
_SUFFIXES = {".py", ".pyi", ".rs", ".md", ".toml", ".yml", ".yaml", ".sh"}
#: Generated or recorded texts, this list, and the user's own words.
_LEFT_OUT = re.compile(
    r"(^|/)(target|dist|\.[^/]+|recorded|data|results|reference)/|tools/count_turns\.py|docs/cli\.md|_aio/calls\.py"
)


def sources() -> Iterator[Path]:
    """Yield the files that are counted."""
    for path in sorted(ROOT.rglob("*")):
        name = path.relative_to(ROOT).as_posix()
        if path.suffix in _SUFFIXES and path.is_file() and not _LEFT_OUT.search(name):
            yield path


def main() -> int:
    """Print the counts by turn; return 1 if there are too many."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="print each place")
    listed = parser.parse_args().list
    lines, counts = 0, Counter[str]()
    for path in sources():
        text = path.read_text(encoding="utf-8")
        lines += text.count("\n")
        for match in _TURN.finditer(text):
            counts[" ".join(match[0].lower().split())] += 1
            if listed:
                place = f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}"
                print(place, " ".join(match[0].split()))
    for turn, count in counts.most_common():
        print(f"{count:5} {turn}")
    rate = counts.total() * 10_000 / lines
    print(f"{rate:.1f} turns per 10,000 lines ({counts.total()} in {lines}); the limit is {LIMIT}")
    return rate > LIMIT


if __name__ == "__main__":
    sys.exit(main())
