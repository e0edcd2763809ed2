"""Links between the pages lead to files and headings that exist."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(page for pattern in ("*.md", "docs/**/*.md", "deploy/**/*.md") for page in ROOT.glob(pattern))
_CODE = re.compile(r"^(```|~~~).*?^\1|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^()\s]+(?:\([^()]*\))?)\)")


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the anchors of a page's headings, as GitHub makes them, and those written as HTML."""
    text = re.sub(r"^(```|~~~).*?^\1", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r'<a (?:id|name)="([^"]+)"', text)
    seen = Counter[str]()
    for heading in re.findall(r"^#+ +(.*?) *$", text, flags=re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        found.append(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
        seen[anchor] += 1
    return frozenset(found)


def broken(page: Path) -> Iterator[str]:
    """Yield the links of a page that lead nowhere."""
    for link in _LINK.findall(_CODE.sub("", page.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            yield link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    assert list(broken(page)) == []


FILES = {
    path.relative_to(ROOT).as_posix()
    for folder in ("crates", "python", "tests", "tools", "benches")
    for path in (ROOT / folder).rglob("*.*")
}


@pytest.mark.parametrize(
    "page",
    [ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs/design").glob("*.md"))],
    ids=lambda page: page.name,
)
def test_pages_name_files_that_exist(page: Path) -> None:
    named = re.findall(r"`([a-z0-9_./{}-]+\.(?:py|pyi|rs|sql|json|sh))`", page.read_text())
    missing = [name for name in named if not any(f"/{path}".endswith(f"/{name}") for path in FILES)]
    assert missing == []


def test_the_index_of_the_design_names_every_page_and_every_folder() -> None:
    index = (ROOT / "docs/design/README.md").read_text()
    pages = {path.name for path in (ROOT / "docs/design").glob("*.md")} - {"README.md"}
    assert {page for page in pages if f"({page})" not in index} == set()
    package = ROOT / "python/pycolonies"
    folders = {path.parent.relative_to(package).as_posix() for path in package.rglob("__init__.py")} - {"."}
    crates = {f"crates/{path.parent.name}" for path in (ROOT / "crates").glob("*/Cargo.toml")}
    assert {folder for folder in folders | crates if f"`{folder}/" not in index} == set()
