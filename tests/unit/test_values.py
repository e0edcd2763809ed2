"""Values that leave a program: carried exactly, converted as documented, or refused with their place."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import enum
import json
import math
import re
import uuid
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from pydantic_core import from_json

from pycolonies import FuncSpec, Process, SerializationError
from pycolonies._rpc import deep
from pycolonies._rpc.encoding import dumps, encode, loads
from pycolonies._rpc.values import DEEPEST, GREATEST, plain

texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(-GREATEST, GREATEST) | st.floats(allow_nan=False, allow_infinity=False)
exact = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
)
#: Values that JSON, or a server, would change.
inexact = (
    st.sampled_from([math.nan, math.inf, -math.inf, np.float64("nan"), "\ud800", b"", 1j, {1}, range(2), ...])
    | st.integers(min_value=GREATEST + 1)
    | st.integers(max_value=-GREATEST - 1)
    | st.dictionaries(st.integers() | st.none() | st.floats() | st.tuples(texts), exact, min_size=1)
    | st.builds(deque, st.lists(exact))
    | st.builds(iter, st.lists(exact))
    | st.builds(object)
)


@dataclasses.dataclass
class Point:
    x: Any


class Model(BaseModel):
    inner: Any = Field(alias="in")


class Pair(NamedTuple):
    left: Any
    right: Any


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


#: Ways to put a value into another, with what messages call its place there.
WRAPPERS: list[tuple[Callable[[Any], Any], str]] = [
    (lambda value: [0, value], "[1]"),
    (lambda value: (value,), "[0]"),
    (lambda value: {"id": value}, "['id']"),
    (lambda value: OrderedDict(id=value), "['id']"),
    (Point, ".x"),
    (lambda value: Model.model_validate({"in": value}), ".in"),
    (lambda value: FuncSpec(args=[value]), ".args[0]"),
]


def same(one: object, other: object) -> bool:
    """Compare values with their types: True is no 1, and 1 no 1.0."""
    return repr(one) == repr(other)


@given(exact)
def test_what_json_carries_exactly_goes_through(value: Any) -> None:
    before = copy.deepcopy(value)
    made = plain(value, "value")
    assert same(made, value)
    assert same(from_json(encode("m", {"out": value}))["out"], value)
    assert same(json.loads(dumps(value)), value)
    assert same(value, before)


def attributes(place: str) -> str:
    """Write keys as attributes: pydantic dumps a dataclass in a model as a dictionary."""
    return re.sub(r"\['(\w+)'\]", r".\1", place)


@given(value=inexact, path=st.lists(st.sampled_from(WRAPPERS), max_size=5))
def test_the_rest_is_refused_with_its_place(value: Any, path: list[tuple[Callable[[Any], Any], str]]) -> None:
    place = ""
    for wrap, step in path:
        value, place = wrap(value), step + place
    with pytest.raises(SerializationError) as caught:
        plain(value, "output")
    assert attributes(caught.value.place) == attributes(f"output{place}")
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("value", "becomes"),
    [
        ((1, (2, ())), [1, [2, []]]),
        (Pair(1, Point([2])), [1, {"x": [2]}]),
        (Model.model_validate({"in": Point(1)}), {"in": {"x": 1}}),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        ({Colour.RED: Level.HIGH}, {"red": 3}),
        (datetime(2024, 2, 3, 4, 5, 6, tzinfo=timezone.utc), "2024-02-03T04:05:06Z"),
        (datetime(2024, 2, 3, 4, 5, 6, 7), "2024-02-03T04:05:06.000007"),  # noqa: DTZ001 (without a time zone)
        (date(2024, 2, 3), "2024-02-03"),
        (time(4, 5), "04:05:00"),
        (timedelta(days=1, seconds=2), "P1DT2S"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Decimal("1.10"), "1.10"),
        (PurePosixPath("/a/b"), "/a/b"),
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (np.float64(0.1), 0.1),
        (np.bool_(True), True),
        (np.str_("x"), "x"),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.array([0.5, None, {"a": np.int8(1)}], dtype=object), [0.5, None, {"a": 1}]),
        (np.array(5), 5),
        (type("Text", (str,), {})("x"), "x"),
        (type("Many", (dict,), {})(a=1), {"a": 1}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_documented_conversions(value: Any, becomes: Any) -> None:
    assert same(plain([{"a": value}]), [{"a": becomes}])
    assert type(plain(value)) is type(becomes)


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        ({"id": 2**60 + 1}, "output['id']: 1152921504606846977 is beyond 2**53"),
        (np.uint64(2**60), "output: 1152921504606846976 is beyond 2**53"),
        (np.array([1.0, math.nan]), "output[1]: nan is no JSON number"),
        (np.array([1j]), "output: an object of type numpy.ndarray"),
        (np.array(["2024-01-01"], dtype="datetime64[ns]"), "output: an object of type numpy.ndarray"),
        (np.ma.masked_array([1, 2], mask=[True, False]), "output: an object of type numpy.ma"),
        ([{1, 2}], "send a list, as sorted(values)"),
        (b"x", "base64"),
        (1j, "send [z.real, z.imag]"),
        ((n for n in range(3)), "send a list, as list(...)"),
        (MappingProxyType({}), "send dict(...)"),
        ({1: "a"}, "output: has the key 1, but keys of JSON objects are str; use '1'"),
        ({"a": 1, Colour.RED: 1, "red": 2}, "output: has the key 'red' twice"),
        ({"a\ud800": 1}, "lone surrogates"),
        ("\udcff", "os.fsencode"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_refusal_says_what_to_do(value: Any, remedy: str) -> None:
    with pytest.raises(SerializationError, match=re.escape(remedy)):
        plain(value, "output")


def test_fields_of_messages_are_called_as_users_know_them() -> None:
    with pytest.raises(SerializationError, match=re.escape("output[0]['id']: nan")):
        encode("closesuccessfulmsg", {"processid": "x", "out": [{"id": math.nan}]})
    with pytest.raises(SerializationError, match=re.escape("spec.kwargs['k'][0]: inf")):
        encode("submitfuncspecmsg", {"spec": FuncSpec(kwargs={"k": [math.inf]})})


def test_integers_of_the_protocol_have_64_bits() -> None:
    process = Process(prioritytime=2**63 - 1)
    assert from_json(encode("m", {"since": 2**60 + 1, "process": process}))["since"] == 2**60 + 1
    for value in (2**63, [2**60], {"id": 2**60}, Process.model_validate({"in": [2**60]})):
        with pytest.raises(SerializationError, match="beyond 2\\*\\*53"):
            encode("m", {"since": value})


def test_fields_that_this_version_does_not_know_are_sent_back() -> None:
    process = Process.model_validate({"processid": "x", "novelty": [1], "in": [2]})
    sent = from_json(encode("m", {"process": process}))["process"]
    assert sent["processid"] == "x"
    assert sent["novelty"] == [1]
    assert sent["in"] == [2]


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


def depth(value: Any) -> int:
    levels = 0
    while isinstance(value, list):
        levels, value = levels + 1, value[0] if value else None
    return levels


@pytest.mark.parametrize("levels", [100, 300, 2000, DEEPEST])
def test_values_may_be_nested_as_deeply_as_servers_read(levels: int) -> None:
    payload = encode("m", {"out": nested(levels)})
    assert depth(loads(payload)["out"]) == levels
    assert depth(deep.loads(payload.decode())["out"]) == levels


@pytest.mark.parametrize(("opens", "closes"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
def test_json_of_others_that_is_deeper_is_refused_where_it_gets_too_deep(opens: str, closes: str) -> None:
    levels = opens.count("[") + opens.count("{")
    most = deep.MAX_LEVELS // levels
    assert deep.loads(opens * (most - 1) + "1" + closes * (most - 1))
    for ending in (closes * 10 * most, ""):
        with pytest.raises(ValueError, match="nested more than 10100 levels deep"):
            deep.loads(opens * 10 * most + ending)


def test_deep_and_long_json_of_others_is_refused_before_it_is_read() -> None:
    long = "1," * (deep.MAX_DEEP_TEXT // 2)
    assert len(deep.loads(f"[{long}1]")) == deep.MAX_DEEP_TEXT // 2 + 1
    deep_and_long = "[" * 2000 + long + "1" + "]" * 2000
    with contextlib.suppress(RecursionError):
        json.loads(deep_and_long)
        return  # this Python's parser reads it; its limit is the size of the stack from 3.14 on
    with pytest.raises(ValueError, match="JSON nested so deeply may have 8388608 characters"):
        deep.loads(deep_and_long)


def test_deeper_values_and_circles_are_refused() -> None:
    with pytest.raises(SerializationError, match="nested deeper than 9999 levels"):
        plain(nested(DEEPEST + 1))
    circle: dict[str, Any] = {}
    circle["self"] = [circle]
    with pytest.raises(SerializationError, match="nested deeper than 9999 levels"):
        plain(circle)


@given(exact)
def test_deep_json_reads_and_writes_as_the_standard_library(value: Any) -> None:
    text = deep.text(value)
    assert same(json.loads(text), value)
    assert same(deep._loads(text), value)
    assert same(deep._loads(json.dumps(value, indent=1)), value)


@given(exact, st.data())
def test_deep_json_refuses_what_is_not_json(value: Any, data: st.DataObject) -> None:
    text = json.dumps(value)
    at = data.draw(st.integers(0, len(text)))
    broken = (
        text[:at] + data.draw(st.text('[]{},:"x1tn ', max_size=3)) + text[at + data.draw(st.integers(0, 2)) :]
    )
    try:
        wanted = json.loads(broken)
    except ValueError:
        with pytest.raises(ValueError, match="char"):
            deep._loads(broken)
    else:
        assert same(deep._loads(broken), wanted)
