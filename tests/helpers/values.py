"""Values that tests make up."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st


def json_with(floats: st.SearchStrategy[float]) -> st.SearchStrategy[Any]:
    """Whatever JSON can say, with these for the numbers that are no integers."""
    return st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | floats | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=12,
    )


json_values = json_with(st.floats(allow_nan=False, allow_infinity=False))
