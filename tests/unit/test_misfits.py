"""Messages about values that do not fit: where they are, the rule, and the value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import AfterValidator, BaseModel, Field, TypeAdapter, ValidationError

import pycolonies
import pycolonies.crypto
import pycolonies.testing
from pycolonies import FuncSpec
from pycolonies._executor.binding import Binding
from pycolonies._misfits import described
from pycolonies.errors import ArgumentsError

KEY = "a" * 64
#: The modules without their types: wrong types are what these tests pass.
untyped: Any = pycolonies
untyped_testing: Any = pycolonies.testing
untyped_crypto: Any = pycolonies.crypto
POSITIVE = "must be a number of seconds, more than 0"


@dataclass
class Side:
    length: float


class Colour(Enum):
    RED = "red"


@dataclass
class Box:
    sides: list[Side]


def draw(box: Box, *colours: Annotated[str, Field(min_length=3)], scale: int = 1, **names: bool) -> None: ...


BOX: dict[str, Any] = {"sides": []}
NUMBER = "must be a valid number, unable to parse string as a number, got"
INTEGER = "must be a valid integer, unable to parse string as an integer, got"


@pytest.mark.parametrize(
    ("args", "kwargs", "said"),
    [
        ((), {}, "argument box: is missing"),
        ((5,), {}, "argument 1 (box): must be a dictionary or an instance of Box, got 5"),
        (
            ({"sides": [{"length": 1}, {"length": "l"}]},),
            {},
            f"argument 1 (box.sides[1].length): {NUMBER} 'l'",
        ),
        ((BOX, "red", "no"), {}, "argument 3 (colours): must have at least 3 characters, got 'no'"),
        ((BOX,), {"scale": "1.5"}, f"argument scale: {INTEGER} '1.5'"),
        ((BOX,), {"scale": "x" * 200}, f"argument scale: {INTEGER} '{'x' * 76}..."),
        (
            (BOX,),
            {"on": "maybe"},
            "argument on: must be a valid boolean, unable to interpret input, got 'maybe'",
        ),
    ],
)
def test_an_argument_is_named_by_number_and_parameter(
    args: tuple[Any, ...], kwargs: dict[str, Any], said: str
) -> None:
    with pytest.raises(ArgumentsError) as refused:
        Binding(draw, "draw")(args, kwargs)
    assert str(refused.value) == f"the arguments do not fit draw: {said}"


def test_every_misfit_is_listed() -> None:
    with pytest.raises(ArgumentsError) as refused:
        Binding(draw, "draw")((), {"scale": "x", "on": 3})
    assert refused.value.misfit.count("argument ") == 3


def test_a_rule_of_a_model_is_told_in_its_words() -> None:
    def check(value: int) -> int:
        if value < 3:
            raise ValueError("three or more are needed")
        return value

    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Annotated[int, AfterValidator(check)]).validate_python(1)
    assert described(refused.value) == "three or more are needed, got 1"


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (int, "x"), (int, 1.5), (float, []), (bool, "x"), (str, 5), (bytes, 5), (list[int], 5),
        (dict[str, int], 5), (tuple[int, int], [1]), (set[int], 5), (datetime, "x"),
        (date, "x"), (time, "x"), (timedelta, "x"),
        (UUID, "x"), (Decimal, "x"), (Path, 5), (Literal["a", "b"], "c"), (Colour, "blue"),
        (None, 1), (Box, 5),
        (Annotated[int, Field(ge=3)], 1), (Annotated[int, Field(multiple_of=2)], 1),
        (Annotated[list[int], Field(min_length=2)], [1]), (Annotated[str, Field(pattern="a+")], "b"),
        (Callable[[], None], 5), (Iterable[int], 5), (complex, "x"), (type[int], 5), (re.Pattern[str], "("),
    ],
)  # fmt: skip
def test_no_message_begins_as_those_of_pydantic(hint: Any, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(hint).validate_python(value)
    text = described(refused.value)
    assert "Input should" not in text
    assert not re.match(r"[A-Z]\w* should", text), text


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda: untyped.func_spec("add", [], "dev", "x", maxexectime="soon"),
            "FuncSpec: maxexectime: must be a valid",
        ),
        (
            lambda: untyped.func_spec("add", [], None, "x"),
            "Conditions: colonyname: must be a valid string, got None",
        ),
        (
            lambda: untyped.FuncSpec(conditions=3),
            "FuncSpec: conditions: must be a valid dictionary or instance of",
        ),
        (lambda: untyped.Workflow(colonyname=5), "Workflow: colonyname: must be a valid string, got 5"),
        (
            lambda: untyped.Workflow.of({"colonyname": 5}),
            "Workflow: colonyname: must be a valid string, got 5",
        ),
        (lambda: untyped.FuncSpec.of({"priority": "high"}), "FuncSpec: priority: must be a valid integer"),
    ],
)
def test_a_field_that_does_not_fit_is_named(make: Any, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)) as refused:
        make()
    assert not isinstance(refused.value, ValidationError)
    assert "pydantic.dev" not in str(refused.value)


def test_records_in_models_of_programs_are_validated_as_before() -> None:
    class Order(BaseModel):
        spec: FuncSpec

    assert Order.model_validate({"spec": {"funcname": "add"}}).spec.funcname == "add"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: untyped.Colonies(5, 1), "host must be a string, got 5"),
        (lambda: untyped.Colonies("a", 99999), "port must be between 0 and 65535, got 99999"),
        (lambda: untyped.Colonies("a", 1, tls="yes"), "tls must be True or False, got 'yes'"),
        (lambda: untyped.Colonies("a", 1, timeout="x"), f"timeout {POSITIVE}, got 'x'"),
        (lambda: untyped.Colonies("a", 1, timeout=float("nan")), f"timeout {POSITIVE}, got nan"),
        (lambda: untyped.Colonies("a", 1, connect_timeout=0), f"connect_timeout {POSITIVE}, got 0"),
        (lambda: untyped.Colonies("a", 1, tls=True, ca_file=5), "ca_file must be a path, got 5"),
        (lambda: untyped_testing.DevServer(port="x"), "port must be an integer, got 'x'"),
        (lambda: untyped_testing.DevServer(s3=5), "s3 must be True or False, got 5"),
        (lambda: untyped_testing.DevServer(realistic=1), "realistic must be True or False, got 1"),
        (
            lambda: untyped_testing.DevServer(allow_hosts="a"),
            "allow_hosts must be a list of strings, got 'a'",
        ),
        (lambda: untyped_testing.DevServer(port=70000), "port must be between 0 and 65535, got 70000"),
        (
            lambda: untyped_testing.DevServer(seed=-1),
            f"seed must be between 0 and {2**64 - 1}, got -1",
        ),
        (lambda: untyped_testing.DevServer(host=5), "host must be an IP address as a string, got 5"),
        (lambda: untyped_testing.DevServer(allow_hosts=[5]), "each of allow_hosts must be a string, got 5"),
        (lambda: untyped_crypto.Crypto().sign(5, KEY), "data must be a string, got 5"),
        (lambda: untyped_crypto.Crypto().recoverid("a", None), "the signature must be a string, got None"),
        (lambda: untyped.Executor("x", heartbeat="1"), f"heartbeat {POSITIVE}, got '1'"),
        (lambda: untyped.Executor("x", check_every=0), f"check_every {POSITIVE}, got 0"),
    ],
)
def test_an_argument_of_the_wrong_type_is_named_with_the_rule(call: Any, said: str) -> None:
    with pytest.raises((TypeError, ValueError)) as refused:
        call()
    assert str(refused.value) == said
