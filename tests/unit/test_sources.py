"""Rules that hold for all source files."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_rust_file_says_what_it_is_about() -> None:
    sources = [path for folder in ("crates", "fuzz") for path in (ROOT / folder).rglob("*.rs")]
    undocumented = [
        path for path in sources if "target" not in path.parts and not path.read_text().startswith("//! ")
    ]
    assert not undocumented, "begin the file with a line `//! ...`"


def test_every_exemption_from_a_rule_gives_its_reason() -> None:
    bare = re.compile(r"#\s*noqa(?!: [A-Z0-9, ]+ \()|#\s*pyright: ignore(?!\[[\w, ]+\] \()")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("python", "tests", "tools", "benches", "examples")
        for path in (ROOT / folder).rglob("*.py")
        if "recorded" not in path.parts and path != Path(__file__)
        for line in path.read_text().splitlines()
        if bare.search(line)
    ]
    assert not found, "write `# noqa: RULE (reason)`"
