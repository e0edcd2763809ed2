"""What recorded exchanges are compared by."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

RECORDED = Path(__file__).parents[1] / "conformance" / "recorded" / "normalize.py"


@pytest.fixture(scope="module")
def normalize() -> Any:
    spec = importlib.util.spec_from_file_location("recorded_normalize", RECORDED)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "zero",
    [
        "0001-01-01T00:00:00Z",
        "0001-01-01T01:12:12+01:12",  # Stockholm
        "0000-12-31T19:03:58-04:56",  # New York
        "0001-01-01T09:18:59+09:18",  # Tokyo
    ],
)
def test_the_zero_time_of_any_time_zone_is_the_zero_time(normalize: Any, zero: str) -> None:
    assert normalize.Masker().text(f"at {zero}.") == "at 0001-01-01T00:00:00Z."
    assert normalize.is_zero_time(zero)


@pytest.mark.parametrize("time", ["2026-01-01T00:00:00Z", "2025-12-31T23:59:59.123456+01:00"])
def test_other_times_are_masked(normalize: Any, time: str) -> None:
    assert normalize.Masker().text(f"at {time}") == "at <time>"
    assert not normalize.is_zero_time(time)
