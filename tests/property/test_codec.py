"""Codecs: values arrive as they were sent, or are refused."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycolonies import SerializationError, TypeCodec
from pycolonies._rpc.encoding import dumps, loads

CODEC = TypeCodec()
CODEC.register(complex, "complex", encode=lambda z: [z.real, z.imag], decode=lambda pair: complex(*pair))
CODEC.register(bytes, "bytes", encode=bytes.hex, decode=bytes.fromhex)
CODEC.register(set, "set", encode=lambda items: sorted(items, key=repr), decode=set)
CODEC.register(Decimal, "decimal", encode=str, decode=Decimal)

FINITE = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | FINITE
    | st.text()
    | st.builds(complex, FINITE, FINITE)
    | st.binary(max_size=20)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.sets(st.binary(max_size=3) | st.builds(complex, FINITE, FINITE), max_size=3)
)
KEYS = st.text(max_size=5) | st.sampled_from(["$type", "$value"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


def travel(value: Any) -> Any:
    return CODEC.decode(loads(dumps(CODEC.encode(value))))


@given(VALUES)
def test_a_value_arrives_as_it_was_sent(value: Any) -> None:
    before = repr(value)
    arrived = travel(value)
    assert arrived == value
    assert repr(value) == before, "the value itself was changed"
    assert repr(travel(arrived)) == repr(arrived)


@given(
    st.recursive(
        st.none() | st.booleans() | FINITE | st.text(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.text(max_size=5).filter(lambda key: key != "$type"), inner, max_size=4)
        ),
    )
)
def test_a_value_that_json_has_is_sent_as_without_a_codec(value: Any) -> None:
    assert CODEC.encode(value) == value
    assert CODEC.decode(value) == value


@dataclass
class Sample:
    name: str
    weights: list[complex]


def test_registered_types_are_found_in_dataclasses_and_tuples() -> None:
    assert travel((Sample("a", [1j]), {"z": 2j})) == [{"name": "a", "weights": [1j]}, {"z": 2j}]


def test_a_registered_dataclass_arrives_as_one() -> None:
    codec = TypeCodec()
    codec.register(Sample, "sample", encode=vars, decode=lambda fields: Sample(**fields))
    codec.register(complex, "complex", encode=lambda z: [z.real, z.imag], decode=lambda pair: complex(*pair))
    sample = Sample("a", [1j, 2j])
    assert codec.decode(loads(dumps(codec.encode([sample])))) == [sample]
    assert sample == Sample("a", [1j, 2j])


def test_the_most_special_type_counts() -> None:
    class Small(complex):
        pass

    codec = TypeCodec()
    codec.register(complex, "complex", encode=str, decode=complex)
    assert codec.encode(Small(1j)) == {"$type": "complex", "$value": "1j"}
    codec.register(Small, "small", encode=str, decode=Small)
    assert codec.encode(Small(1j)) == {"$type": "small", "$value": "1j"}


def test_values_may_be_nested_as_deeply_as_without_a_codec() -> None:
    value: Any = [1j]
    for _ in range(9_000):
        value = [value]
    arrived = travel(value)
    for _ in range(9_000):
        (arrived,) = arrived
    assert arrived == [1j]


def test_an_unknown_type_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        SerializationError, match=r"'tensor', which this codec does not know \(it knows: bytes, complex"
    ):
        CODEC.decode([{"$type": "tensor", "$value": 1}])
    with pytest.raises(SerializationError, match="which this codec does not know"):
        CODEC.decode({"$type": 3, "$value": 1})
    assert CODEC.decode({"$type": "complex"}) == {"$type": "complex"}
    assert CODEC.decode({"$type": "complex", "$value": 1, "more": 2})["more"] == 2


def test_what_cannot_be_registered_is_refused() -> None:
    codec = TypeCodec()
    codec.register(complex, "complex", encode=str, decode=complex)
    for name in ("complex", "object", ""):
        with pytest.raises(ValueError, match="name must be text that no other type has"):
            codec.register(bytes, name, encode=bytes.hex, decode=bytes.fromhex)
    with pytest.raises(TypeError, match="kind must be a type, got 'x'"):
        codec.register("x", "x", encode=str, decode=str)  # type: ignore[arg-type]
