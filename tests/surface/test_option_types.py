"""Overloads take ``**options: Unpack[...]``; the functions below them spell the options out.

Stubtest does not compare the two, so this does.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from pycolonies import AsyncColonies, Colonies, Executor, Workflow
from pycolonies._executor.functions import FunctionOptions
from pycolonies._specs import call


@pytest.mark.parametrize(
    ("function", "options", "positional"),
    [
        (Colonies.submit, call.SubmitOptions, {"spec", "prvkey"}),
        (AsyncColonies.submit, call.SubmitOptions, {"spec", "prvkey"}),
        (Colonies.map, call.MapOptions, {"func"}),
        (AsyncColonies.map, call.MapOptions, {"func"}),
        (Executor.function, FunctionOptions, {"func"}),
        (Workflow.add, call.AddOptions, {"func_spec", "nodename", "dependencies"}),
    ],
)
def test_the_options_of_an_overload_are_those_of_the_function(
    function: Callable[..., Any], options: Any, positional: set[str]
) -> None:
    parameters = inspect.signature(function).parameters.values()
    named = {one.name for one in parameters if one.kind in (one.KEYWORD_ONLY, one.POSITIONAL_OR_KEYWORD)}
    further = options.__annotations__.keys() - call.CallOptions.__annotations__.keys()
    assert named - {"self"} - positional == further


def test_the_options_of_a_call_are_those_that_are_accepted() -> None:
    assert call.CallOptions.__annotations__.keys() == call.OPTIONS
