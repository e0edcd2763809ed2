"""The tree of exceptions."""

from __future__ import annotations

import pickle

import pytest

import pycolonies
from pycolonies import (
    CallTimeoutError,
    ColoniesConnectionError,
    ColoniesError,
    ConfigurationError,
    ConnectError,
    ConnectionLostError,
    DevServerError,
    InvalidPrivateKeyError,
    NoProcessAvailable,
    NotFoundError,
    PermissionDeniedError,
    ProtocolError,
    ServerError,
    TransportError,
    WaitTimeoutError,
)

EXAMPLES: list[ColoniesError] = [
    ConnectError("no server", False),
    CallTimeoutError("late", True),
    ConnectionLostError("lost", True),
    ProtocolError("no reply", True),
    ServerError("broken", 500, "getexecutormsg"),
    PermissionDeniedError("no", 403, "getprocessmsg"),
    NoProcessAvailable("nothing", 404, "assignprocessmsg"),
    WaitTimeoutError("p" * 64, 1.5),
    InvalidPrivateKeyError("too short"),
    ConfigurationError("missing"),
    DevServerError("taken"),
]


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_they_survive_pickling(error: ColoniesError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_what_1_x_programs_catch_is_still_caught() -> None:
    for failed_call in (TransportError, ServerError):
        assert issubclass(failed_call, ColoniesConnectionError)
    assert issubclass(ColoniesConnectionError, ColoniesError)
    assert issubclass(NoProcessAvailable, NotFoundError)
    assert issubclass(CallTimeoutError, TimeoutError)
    assert issubclass(WaitTimeoutError, TimeoutError)
    assert issubclass(InvalidPrivateKeyError, ValueError)


def test_every_exception_is_exported() -> None:
    from pycolonies import errors

    declared = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    }
    assert declared <= set(pycolonies.__all__)


def test_a_refusal_tells_the_servers_words_the_status_and_the_message() -> None:
    assert (
        str(ServerError("broken", 500, "getexecutormsg")) == "broken (status 500, answer to getexecutormsg)"
    )
