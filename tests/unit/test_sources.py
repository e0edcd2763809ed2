"""Rules that hold for all source files."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_rust_file_says_what_it_is_about() -> None:
    sources = [path for folder in ("crates", "fuzz") for path in (ROOT / folder).rglob("*.rs")]
    undocumented = [
        path for path in sources if "target" not in path.parts and not path.read_text().startswith("//! ")
    ]
    assert not undocumented, "begin the file with a line `//! ...`"
