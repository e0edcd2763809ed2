"""Calls that build syntax trees, in programs with threads."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

_Result = TypeVar("_Result")

#: How often a call is tried.
TRIES = 10


def steadily(call: Callable[[], _Result]) -> _Result:
    """Make a call that builds syntax trees, again if another thread has disturbed it.

    CPython counts the depth of the trees that it builds in one place for all threads. Where the garbage
    collector runs Python code in between, another thread can build a tree, too. The first one then raises
    SystemError: "AST constructor recursion depth mismatch". Formatting a traceback builds trees from
    Python 3.11 on.
    """
    for _ in range(TRIES - 1):
        with suppress(SystemError):
            return call()
    return call()
