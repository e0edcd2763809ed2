"""Check that a release may be made: version, changelog, notices, contents, metadata, API surface.

`make release-check` runs it. With ``RELEASE_TAG`` set to a tag such as ``v2.0.0``, the tag must name the
version.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from email import message_from_string
from pathlib import Path

from linked_crates import linked, named

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"

#: What a wheel must contain besides the package.
IN_WHEEL = (
    "LICENSE",
    "THIRD_PARTY_NOTICES.md",
    ".cyclonedx.json",
    "pycolonies/py.typed",
    "pycolonies/_core.pyi",
)


def main() -> int:
    """Run every check; print one line for each and return how many failed."""
    failed = 0
    for check in (version, tag, changelog, notices, wheel, sdist, metadata, surface):
        problems = list(check())
        failed += bool(problems)
        print(f"{'FAIL' if problems else 'ok':4}  {(check.__doc__ or '').splitlines()[0]}")
        for problem in problems:
            print(f"      {problem}")
    return failed


def version() -> Iterator[str]:
    """The package, its metadata and the crates have one version."""
    crates = crate_version()
    installed = run(sys.executable, "-c", "import pycolonies; print(pycolonies.__version__)").strip()
    if installed != python_version(crates):
        yield f"Cargo.toml says {crates}, pycolonies.__version__ {installed}"


def tag() -> Iterator[str]:
    """The tag names the version."""
    named = os.environ.get("RELEASE_TAG", "")
    expected = "v" + python_version(crate_version())
    if named and named != expected:
        yield f"the tag is {named}, it must be {expected}"


def changelog() -> Iterator[str]:
    """The changelog has an entry for the version."""
    expected = python_version(crate_version())
    headings = re.findall(
        r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    if not any(expected in heading for heading in headings[:1]):
        yield f"the first heading is {headings[:1]}, it must name {expected}"


def notices() -> Iterator[str]:
    """The third-party notices are those of Cargo.lock."""
    for name, number in sorted(linked() - named()):
        yield f"{name} {number} is missing: run `make notices`"


def wheel() -> Iterator[str]:
    """The wheel contains its licences, types and bill of materials."""
    names = [name for path in DIST.glob("*.whl") for name in zipfile.ZipFile(path).namelist()]
    yield from (f"no {wanted} in it" for wanted in IN_WHEEL if not any(wanted in name for name in names))


def sdist() -> Iterator[str]:
    """The sdist contains every file of the repository."""
    for path in DIST.glob("*.tar.gz"):
        with tarfile.open(path) as archive:
            packed = {name.partition("/")[2] for name in archive.getnames()}
        yield from (f"no {name} in it" for name in run("git", "ls-files").splitlines() if name not in packed)


def metadata() -> Iterator[str]:
    """The package index accepts the metadata."""
    yield from outcome(
        str(ROOT / ".release-venv" / "bin" / "twine"), "check", "--strict", *map(str, DIST.iterdir())
    )
    for path in DIST.glob("*.whl"):
        archive = zipfile.ZipFile(path)
        text = archive.read(next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA")))
        found = message_from_string(text.decode())
        yield from (
            f"no {field}" for field in ("Project-URL", "License-Expression", "Keywords") if not found[field]
        )


def surface() -> Iterator[str]:
    """The API surface of 1.0.25 and of 2023 is there."""
    yield from outcome(sys.executable, "-m", "pytest", "-q", str(ROOT / "tests" / "surface"))


def crate_version() -> str:
    """Return the version in Cargo.toml, from which every other place gets it."""
    found = re.search(
        r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    if found is None:
        raise SystemExit("Cargo.toml has no version")
    return found[1]


def python_version(crates: str) -> str:
    """Return a crate's version as Python writes it: ``2.0.0-rc.1`` is ``2.0.0rc1``."""
    return re.sub(r"-(dev)\.(\d+)$", r".\1\2", re.sub(r"-(a|b|rc)\.?(\d+)$", r"\1\2", crates))


def outcome(*command: str) -> Iterator[str]:
    """Run a command; yield its last lines if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        yield from (done.stdout + done.stderr).splitlines()[-8:]


def run(*command: str) -> str:
    """Run a command and return what it prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout


if __name__ == "__main__":
    sys.exit(main())
