"""The wheel in ``dist/``, as `make wheels` builds it. `make release-check` runs these tests."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.release


@pytest.fixture
def wheel() -> Path:
    found = list((ROOT / "dist").glob("*.whl"))
    assert len(found) == 1, f"one wheel must be in dist/, found {found}: run `make wheels`"
    return found[0]


def test_the_wheel_needs_no_newer_glibc_than_2_17(wheel: Path) -> None:
    auditwheel = ROOT / ".release-venv" / "bin" / "auditwheel"
    shown = subprocess.run([auditwheel, "show", wheel], capture_output=True, text=True, check=True).stdout
    needed = [tuple(map(int, number.split("."))) for number in re.findall(r"GLIBC_([\d.]+)", shown)]
    assert needed
    assert max(needed) <= (2, 17)
    assert "manylinux_2_17" in wheel.name


def test_the_wheel_is_at_most_6_mb(wheel: Path) -> None:
    assert wheel.stat().st_size <= 6_000_000


def test_the_installed_wheel_works_in_a_fresh_environment(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True, timeout=120)
    python = environment / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel],
        check=True,
        timeout=300,
    )
    done = subprocess.run(
        [python, ROOT / "tools" / "smoke.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "works on Python" in done.stdout
