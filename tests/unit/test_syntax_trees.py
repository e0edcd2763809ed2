"""A thread that builds a syntax tree may disturb another one in CPython: what it disturbs is done again."""

from __future__ import annotations

import ast
import logging
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pycolonies._executor.results import errors_of
from pycolonies._loggers import PrintableRecords
from pycolonies._specs.source import source_of
from pycolonies._syntax_trees import TRIES, steadily

DISTURBED = SystemError("AST constructor recursion depth mismatch (before=180, after=98)")


def fail() -> None:
    raise ValueError("no")


def failed() -> ValueError:
    with pytest.raises(ValueError, match="no") as raised:
        fail()
    return raised.value


def disturbed(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, times: int) -> Iterator[None]:
    """Let a function fail some times as CPython does. Yields while it is so, and checks that it was."""
    undisturbed: Callable[..., Any] = getattr(owner, name)
    left = [DISTURBED] * times

    def disturbed_at_first(*args: Any, **kwargs: Any) -> Any:
        if left:
            raise left.pop()
        return undisturbed(*args, **kwargs)

    with monkeypatch.context() as changes:
        changes.setattr(owner, name, disturbed_at_first)
        yield
    assert not left


@pytest.mark.parametrize("times", [1, TRIES - 1])
def test_errors_of_functions_keep_their_traceback(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    error = failed()
    for _ in disturbed(monkeypatch, traceback, "format_exception", times):
        message, trace = errors_of(error)
    assert message == "ValueError: no"
    assert 'raise ValueError("no")' in trace


def test_log_records_keep_their_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    error = ValueError("a\x1b[2J")
    info = (ValueError, error, failed().__traceback__)
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", (), info)
    for _ in disturbed(monkeypatch, traceback, "print_exception", 1):
        assert PrintableRecords().filter(record)
    assert record.exc_text is not None
    assert "ValueError: a\\x1b[2J" in record.exc_text


def test_the_source_code_of_a_function_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in disturbed(monkeypatch, ast, "parse", 1):
        source = source_of(failed)
    assert source.startswith("def failed() -> ValueError:\n")


def test_a_fault_that_stays_is_raised() -> None:
    tried: list[int] = []

    def call() -> None:
        tried.append(1)
        raise DISTURBED

    with pytest.raises(SystemError, match="recursion depth"):
        steadily(call)
    assert len(tried) == TRIES
