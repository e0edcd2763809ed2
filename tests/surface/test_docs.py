"""Is the documentation whole and current?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from recorded import surface
from write_reference import TARGET, write

DOCS = Path(__file__).parents[2] / "docs"


def test_the_reference_is_current() -> None:
    found = {path.stem: path.read_text() for path in TARGET.glob("*.md")}
    assert found == write(), "run: python tools/write_reference.py"


def test_the_front_page_leads_to_every_page() -> None:
    links = set(re.findall(r"\]\(([^)#]+)\)", (DOCS / "README.md").read_text()))
    pages = {path.relative_to(DOCS) for path in DOCS.rglob("*.md")} - {Path("README.md")}
    # design/README.md leads to the pages beside it; test_links.py looks at that.
    shown = {str(page) for page in pages if page.parent.name != "design" or page.name == "README.md"}
    assert shown - links == set()
    assert all((DOCS / link).exists() for link in links)


def names_of_1_0_25() -> set[str]:
    modules = surface("1.0.25")["modules"]
    methods = {name for name in modules["pycolonies"]["Colonies"]["methods"] if name[0] != "_"}
    return methods.union(*modules.values())


def names_of_2023() -> set[str]:
    recorded = surface("1.0.2")
    classes = [
        described["methods"] for described in recorded["pycolonies"].values() if "methods" in described
    ]
    return {name for name in set(recorded["pycolonies"]).union(*classes) if name[0] != "_"}


@pytest.mark.parametrize("names", [names_of_1_0_25, names_of_2023])
def test_every_old_name_is_in_the_migration_page(names: object) -> None:
    assert callable(names)
    words = set(re.findall(r"\w+", (DOCS / "migration.md").read_text()))
    assert names() - words == set()
