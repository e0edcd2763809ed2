"""Which crates the native module links, and which of them the third-party notices name."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOTICES = ROOT / "THIRD_PARTY_NOTICES.md"

#: A crate's name and version.
Crate = tuple[str, str]


def linked() -> set[Crate]:
    """Return the crates that are linked on any platform that wheels are built for; none of this workspace."""
    settings = (ROOT / "about.toml").read_text(encoding="utf-8")
    targets = re.findall(r'^ +"(\S+-\S+)",$', settings, flags=re.MULTILINE)
    command = ["cargo", "tree", "--locked", "--package=pycolonies-core", "--edges=normal", "--prefix=none"]
    for target in targets:
        command += ["--target", target]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    crates = set()
    for line in shown.splitlines():
        name, _, rest = line.partition(" v")
        # A path in parentheses marks a crate of this workspace; procedural macros run in the compiler.
        if rest and "(proc-macro)" not in rest and not re.search(r"\([/A-Z]", rest):
            crates.add((name, rest.split()[0]))
    return crates


def named() -> set[Crate]:
    """Return the crates that the third-party notices name."""
    return set(re.findall(r"^- \[(\S+) (\S+)\]", NOTICES.read_text(encoding="utf-8"), flags=re.MULTILINE))
