"""The licences of the libraries that a wheel contains."""

from __future__ import annotations

import re
import shutil

import pytest
from linked_crates import NOTICES, linked, named

pytestmark = pytest.mark.skipif(shutil.which("cargo") is None, reason="cargo lists the crates")


def test_the_notices_name_every_linked_crate() -> None:
    crates = linked()
    assert {"ring", "rustls", "libsqlite3-sys", "windows-sys"} <= {name for name, _ in crates}
    assert crates - named() == set(), "run `make notices`"


def test_the_notices_name_no_version_that_is_no_longer_linked() -> None:
    versions: dict[str, set[str]] = {}
    for name, version in linked():
        versions.setdefault(name, set()).add(version)
    outdated = {(name, version) for name, version in named() if version not in versions.get(name, {version})}
    assert outdated == set(), "run `make notices`"


def test_every_crate_in_the_notices_has_the_text_of_its_licence() -> None:
    sections = NOTICES.read_text(encoding="utf-8").split("\nUsed by:\n")[1:]
    assert sections
    for section in sections:
        text = re.search(r"```text\n(.+?)\n```", section, flags=re.DOTALL)
        assert text is not None, section[:200]
        assert len(text[1]) > 200, section[:200]


def test_the_notices_name_sqlite_which_is_no_crate() -> None:
    assert "SQLite" in NOTICES.read_text(encoding="utf-8")
