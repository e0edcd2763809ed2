"""``typing.TypedDict`` in hints of functions, wherever it stands; pydantic alone reads it from 3.12 on."""

from __future__ import annotations

import json
import re
import sys
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, NamedTuple, Optional, TypedDict, TypeVar

import pytest
import typing_extensions
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import NotRequired, Required

from pycolonies import Executor
from pycolonies._specs.returned import reader_of

Item = TypeVar("Item")


class Inner(TypedDict, total=False):
    name: Required[str]
    size: int


class Row(Inner):
    number: int
    inner: NotRequired[Inner]
    parent: NotRequired[Row]
    noted: Annotated[NotRequired[int], "a note"]


@dataclass
class Table:
    row: Row
    rows: list[Row] = field(default_factory=list)
    following: Optional[Table] = None  # noqa: UP045 (the older spelling is tested)


@dataclass
class Box(Generic[Item]):
    content: Item


class Pair(NamedTuple):
    row: Row
    number: int = 1


class Model(BaseModel):
    """Pydantic itself refuses a `typing.TypedDict` where a model is defined: here it is read later."""

    model_config = ConfigDict(defer_build=True)
    row: Row


class Wrapper(TypedDict):
    tables: list[Table]


class Reached(Row):
    """Stands in a type alias only."""


RowAlias = typing.NewType("RowAlias", Row)  # type: ignore[valid-newtype]
RowVar = TypeVar("RowVar", bound=Row)
Named = typing_extensions.TypeAliasType("Named", "dict[str, Reached]")

GOOD = {"name": "a", "size": "2", "number": "1", "inner": {"name": "b"}, "parent": {"name": "c", "number": 3}}
READ = GOOD | {"size": 2, "number": 1}
BAD = {"number": 1, "parent": {"name": "c"}}

#: Hints, values that stand for rows in them, and where a missing key is reported.
PLACES: dict[str, tuple[Any, Callable[[Any], Any], str]] = {
    "plain": (Row, lambda row: row, "x"),
    "list": (list[Row], lambda row: [row], "x[0]"),
    "tuple": (tuple[int, Row], lambda row: [1, row], "x[1]"),
    "dict": (dict[str, list[Row]], lambda row: {"k": [row]}, "x.k[0]"),
    "optional": (
        Optional[Row],  # noqa: UP045 (the older spelling is tested)
        lambda row: row,
        "x",
    ),
    "union": (Row | None, lambda row: row, "x"),
    "annotated": (Annotated[Row, Field(description="a row")], lambda row: row, "x"),
    "dataclass": (Table, lambda row: {"row": row}, "x.row"),
    "dataclass in list": (list[Table], lambda row: [{"row": GOOD, "rows": [row]}], "x[0].rows[0]"),
    "recursive dataclass": (Table, lambda row: {"row": GOOD, "following": {"row": row}}, "x.following.row"),
    "generic dataclass": (Box[Row], lambda row: {"content": row}, "x.content"),
    "named tuple": (Pair, lambda row: [row], "x[0]"),
    "model": (Model, lambda row: {"row": row}, "x.row"),
    "typed dictionary": (Wrapper, lambda row: {"tables": [{"row": row}]}, "x.tables[0].row"),
    "recursive": (Row, lambda row: {"name": "z", "number": 0, "parent": row}, "x.parent"),
    "new type": (RowAlias, lambda row: row, "x"),
    "type variable": (RowVar, lambda row: row, "x"),
    "type alias": (Named, lambda row: {"k": row}, "x.k"),
}


@pytest.mark.parametrize("place", PLACES)
def test_typed_dicts_are_read_and_checked_wherever_they_stand(place: str) -> None:
    hint, around, where = PLACES[place]
    executor = Executor(executortype="cli")

    def function(x: Any) -> Any:
        return x

    function.__annotations__ = {"x": hint}
    executor.function(function)
    assert _as_json(executor.call("function", around(GOOD))) == _filled(around(READ), hint)
    missing = rf"\({re.escape(where)}\.name\): is missing.*\({re.escape(where)}\.parent\.number\): is missing"
    with pytest.raises(ValueError, match=missing):
        executor.call("function", around(BAD))


@pytest.mark.parametrize("place", PLACES)
def test_results_are_read_by_annotations_with_typed_dicts(place: str) -> None:
    hint, around, where = PLACES[place]

    def function() -> Any: ...

    function.__annotations__ = {"return": hint}
    read = reader_of(function)
    assert read is not None
    assert _as_json(read(around(GOOD))) == _filled(around(READ), hint)
    place = re.escape(where.removeprefix("x").removeprefix("."))
    with pytest.raises(TypeError, match=rf"(?s){place}.*number"):
        read(around(BAD))


def _as_json(value: Any) -> Any:
    return json.loads(json.dumps(value, default=lambda item: getattr(item, "__dict__", str(item))))


def _filled(value: Any, hint: Any) -> Any:
    """Return the JSON of a value as the hint's class has it, with its defaults."""
    if hint is Pair:
        return [*value, 1]
    if hint is Table:
        inner = value.get("following")
        parent = _filled(inner, Table) if inner else None
        return {"row": _read(value["row"]), "rows": value.get("rows", []), "following": parent}
    if hint is Wrapper:
        return {"tables": [_filled(each, Table) for each in value["tables"]]}
    if hint == list[Table]:
        return [_filled(each, Table) | {"rows": [READ]} for each in value]
    return value


def _read(row: dict[str, Any]) -> dict[str, Any]:
    return READ if row == GOOD else row


GENERIC = """
from typing import *
T = TypeVar("T")
class Of(TypedDict, Generic[T]):
    value: T
    more: NotRequired[dict[str, list[T]]]
"""


@pytest.mark.skipif(sys.version_info < (3, 11), reason="typed dictionaries are generic from 3.11 on")
def test_generic_typed_dicts_check_their_arguments() -> None:
    namespace: dict[str, Any] = {}
    exec(compile(GENERIC, __file__, "exec", dont_inherit=True), namespace)
    of = namespace["Of"]
    executor = Executor(executortype="cli")

    def function(x: Any) -> Any:
        return x

    function.__annotations__ = {"x": of[of[int]]}
    executor.function(function)
    assert executor.call("function", {"value": {"value": "1", "more": {"k": ["2"]}}}) == {
        "value": {"value": 1, "more": {"k": [2]}}
    }
    with pytest.raises(ValueError, match=r"x\.value\.more\.k\[0\]"):
        executor.call("function", {"value": {"value": "1", "more": {"k": ["no"]}}})


def test_a_typed_dict_with_an_unknown_name_is_refused_with_the_name() -> None:
    class Local(TypedDict):
        other: Unknown  # type: ignore[name-defined] # noqa: F821 (the missing name is tested)

    def function(x: Any) -> Any:
        return x

    function.__annotations__ = {"x": list[Local]}
    with pytest.raises(TypeError, match=r"function.*Unknown"):
        Executor(executortype="cli").function(function)
