"""Write the stubs ``__init__.pyi`` of the packages that load their names late: just run this file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pycolonies
from pycolonies import testing

HEADER = '"""The types of what the package exports. Written by ``tools/write_stubs.py``; do not edit."""'


def stubs() -> dict[Path, str]:
    """Return the text of each stub by its path."""
    return {
        Path(package.__file__ or "").with_suffix(".pyi"): _stub(package.__name__, vars(package)["_HOMES"])
        for package in (pycolonies, testing)
    }


def _stub(package: str, homes: dict[str, tuple[str, ...]]) -> str:
    names = sorted(name for exported in homes.values() for name in exported)
    lines = [
        HEADER,
        "",
        *(f"from pycolonies.{home} import {', '.join(names)}" for home, names in homes.items()),
    ]
    if package == "pycolonies":
        lines += ["", "__version__: str"]
        names.append("__version__")
    text = "\n".join([*lines, "", f"__all__ = {names!r}", ""])
    for command in (["check", "--select", "I,RUF022", "--fix", "--quiet"], ["format", "--quiet"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--stdin-filename", "stub.pyi", "-"]
        text = subprocess.run(ruff, input=text, capture_output=True, text=True, check=True).stdout
    return text


if __name__ == "__main__":
    for path, text in stubs().items():
        path.write_text(text)
