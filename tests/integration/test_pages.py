"""Every code block of README and of the pages in docs runs as it is pasted, in page order."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from pages import blocks, reader
from pycolonies.testing import DevServer

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
#: Pages with Python code.
PAGES = sorted(
    page for page in (ROOT / "docs").glob("*.md") if any(one.language == "python" for one in blocks(page))
)
#: What the readme's links to the repository begin with.
REPOSITORY = re.compile(r"\(https://github\.com/colonyos/pycolonies/(?:blob|tree)/main/([^)#]+)(#[^)]*)?\)")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the pages are for POSIX shells")


def test_the_readme_can_be_followed_to_its_end(tmp_path: Path) -> None:
    with reader(tmp_path, {}) as someone:
        assert someone.follow(README) >= 15


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_the_code_of_a_page_runs_in_order(page: Path, tmp_path: Path) -> None:
    with (
        DevServer(s3=True) as server,
        reader(tmp_path, server.environment) as someone,
    ):
        someone.follow(page)


def test_few_blocks_are_not_run_and_the_page_says_why() -> None:
    left_out = [one for page in PAGES for one in blocks(page) if one.language == "python" and one.reason]
    assert len(left_out) <= 4
    assert not any(one.reason for one in blocks(README))


def test_the_readme_has_links_that_work_everywhere() -> None:
    text = README.read_text(encoding="utf-8")
    assert re.findall(r"\]\((?!https://)[^)]*\)", text) == [], "the package index knows no relative links"
    linked = REPOSITORY.findall(text)
    assert linked
    for path, anchor in linked:
        assert ROOT.joinpath(path).exists(), path
        if anchor:
            assert anchor.removeprefix("#") in _anchors(ROOT / path), path + anchor


@pytest.mark.parametrize("page", sorted(ROOT.glob("docs/*.md")), ids=lambda page: page.stem)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?://)([^)]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        linked = page.parent / path if path else page
        assert linked.exists(), target
        if anchor and linked.suffix == ".md":
            assert anchor in _anchors(linked), target


@pytest.mark.parametrize("page", [README, *sorted(ROOT.glob("docs/*.md"))], ids=lambda page: page.stem)
def test_no_page_sends_readers_to_private_modules(page: Path) -> None:
    assert re.findall(r"pycolonies\._\w+|`_\w+/", page.read_text(encoding="utf-8")) == []


def _anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
