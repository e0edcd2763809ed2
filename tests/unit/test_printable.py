"""Texts of other people are safe to print: in messages of exceptions, in log records, in JSON."""

from __future__ import annotations

import json
import logging
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pycolonies
from pycolonies._executor.children import loggers
from pycolonies._loggers import logger
from pycolonies._printable import json_text, one_line, printable
from pycolonies.errors import ProcessFailedError, ServerError, TransferError, TransferFailure

HOSTILE = "\x1b]0;OWNED\x07\x1b[2J\x9b31m\r\u202e\u2066\u200f\ufeff\U000e0041\ud800"


def acts(text: str) -> list[str]:
    """The characters of a text that act on a terminal, or that it can't show."""
    kinds = {"Cc", "Cs", "Zl", "Zp"}
    return [
        letter
        for letter in text
        if (unicodedata.category(letter) in kinds and letter not in "\n\t")
        or unicodedata.bidirectional(letter)
        in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    ]


@given(st.text())
def test_nothing_acts_on_a_terminal(text: str) -> None:
    assert acts(printable(text)) == []
    assert "\n" not in one_line(text)
    assert "\t" not in one_line(text)
    printable(text).encode()


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs", "Mn"])))
def test_what_can_be_seen_stays(text: str) -> None:
    assert printable(text) == text


def test_each_character_is_written_out_as_in_python() -> None:
    assert printable("\x1b[2J\x07\u202e") == r"\x1b[2J\x07\u202e"
    assert printable("a\r\nb\rc") == "a\nb\\rc"
    assert printable("\x1b[1;31mred\x1b[0m") == "red"
    assert printable("👩\u200d💻 مرحبا 中文") == "👩\u200d💻 مرحبا 中文"
    assert one_line("a\n\tb") == "a  b"


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_keeps_its_values(value: object) -> None:
    text = json_text(json.dumps(value, ensure_ascii=False))
    assert acts(text) == []
    assert json.loads(text) == value


@pytest.mark.parametrize(
    "error",
    [
        ServerError(HOSTILE, 500, "getprocessmsg"),
        ProcessFailedError(HOSTILE, "p", [HOSTILE]),
        TransferError((TransferFailure("read", HOSTILE, ValueError(HOSTILE)),), 0),
        pycolonies.ColoniesError(HOSTILE),
        pycolonies.DevServerError(HOSTILE),
    ],
    ids=lambda error: type(error).__name__,
)
def test_messages_of_exceptions_are_safe_and_attributes_exact(error: Exception) -> None:
    assert acts(str(error)) == []
    assert "OWNED" in str(error)
    assert HOSTILE in error.args or error.args[0][0].path == HOSTILE


def test_every_exception_of_the_package_is_safe() -> None:
    from pycolonies import errors

    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, errors.ColoniesError):
            text_of = next(vars(each)["__str__"] for each in kind.__mro__ if "__str__" in vars(each))
            assert text_of.__module__ == errors.__name__, name
            assert (
                kind is errors.ColoniesError
                or "__wrapped__" in vars(text_of)
                or (text_of is errors.ColoniesError.__str__)
            ), name


def test_exceptions_of_other_packages_below_ours_are_safe() -> None:
    class Own(pycolonies.ColoniesError):
        def __str__(self) -> str:
            return HOSTILE

    assert acts(str(Own())) == []


def test_records_of_our_loggers_are_safe(caplog: pytest.LogCaptureFixture) -> None:
    log = logger("pycolonies.executor")
    try:
        int(HOSTILE)
    except ValueError:
        log.exception("100%% of %s", HOSTILE)
    log.warning(HOSTILE)
    assert "OWNED" in caplog.text
    assert acts(caplog.text) == []
    assert logger("pycolonies.executor").filters == log.filters


def test_a_message_of_our_loggers_forges_no_record(caplog: pytest.LogCaptureFixture) -> None:
    logger("pycolonies.executor").warning(
        "%s: process failed", "f\n2026-01-01 00:00:00 INFO pycolonies: all is well"
    )
    assert caplog.messages == ["f 2026-01-01 00:00:00 INFO pycolonies: all is well: process failed"]


@pytest.mark.parametrize("trusted", [True, False])
def test_a_message_of_code_that_arrived_forges_no_record(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    monkeypatch.setattr(loggers, "_new", set())  # other tests may have used up all names
    with caplog.at_level(logging.INFO):
        loggers.handle("some\nname", logging.INFO, "first\nERROR root: forged", "x.py", 1, trusted=trusted)
    assert caplog.messages[0].splitlines()[1:] == (
        ["ERROR root: forged"] if trusted else ["    ERROR root: forged"]
    )


@pytest.mark.parametrize("name", ["pycolonies", "pycolonies.executor", "pycolonies.files"])
def test_all_our_loggers_are_safe(name: str) -> None:
    import pycolonies._executor.runtime
    import pycolonies._files.mounts
    import pycolonies._futures.queued  # noqa: F401 (the import is tested)

    assert logging.getLogger(name).filters
