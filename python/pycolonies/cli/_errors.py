"""Errors as one line with the cause and the remedy, and exit codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any

import click

from pycolonies._printable import printable
from pycolonies._shown import hide_keys
from pycolonies.cli._output import folded
from pycolonies.errors import (
    CallTimeoutError,
    ColoniesError,
    ConfigurationError,
    ConnectError,
    InvalidPrivateKeyError,
    NoProcessAvailable,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
    TransportError,
    WaitTimeoutError,
)

if TYPE_CHECKING:
    from pycolonies.cli._session import Session

#: The exit codes, which scripts may rely on.
FAILED, USAGE, UNREACHABLE, DENIED, MISSING, LATE, INTERRUPTED = 1, 2, 3, 4, 5, 6, 130
EXIT_CODES = {
    0: "Success; with `--wait` or `--follow`: the process or workflow succeeded.",
    FAILED: "Failure: the process or workflow failed or was cancelled, or the server refused.",
    USAGE: "The command line is wrong, or a variable is missing or malformed. Nothing was changed.",
    UNREACHABLE: "The server cannot be reached, or its reply cannot be used.",
    DENIED: "Access denied: the key does not have this right.",
    MISSING: "The named record does not exist.",
    LATE: "Timeout: a process or workflow did not end in time.",
    INTERRUPTED: "Ctrl-C.",
}


class CommandError(click.ClickException):
    """An error message for stderr, and an exit code."""

    def __init__(self, message: str, exit_code: int = FAILED) -> None:
        if exit_code == USAGE:  # what was typed: perhaps a key in the place of another argument
            message = hide_keys(message)
        super().__init__(printable(" ".join(message.split())))
        self.exit_code = exit_code  # type: ignore[misc]  # click has it on the class

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the message on one line; a terminal gets line ends between words."""
        click.echo(folded(f"Error: {self.format_message()}", err=True), err=True)


def explained(fault: Exception, session: Session) -> CommandError | None:
    """Return an exception as a message with the remedy; None for an exception that is a bug."""
    for kinds, explain in _EXPLAINED:
        if isinstance(fault, kinds):
            return explain(fault, session)
    return None


def _unusable(fault: Exception, session: Session) -> CommandError:
    return CommandError(str(fault), USAGE)


def _late(fault: Exception, session: Session) -> CommandError:
    return CommandError(getattr(fault, "remedy", "") or str(fault), LATE)


def _other(fault: Exception, session: Session) -> CommandError:
    return CommandError(str(fault))


def _file(fault: Any, session: Session) -> CommandError:
    return CommandError(f"{fault.filename}: {fault.strerror}" if fault.filename else str(fault), USAGE)


def _no_reply(fault: Any, session: Session) -> CommandError:
    place = session.address
    if isinstance(fault, ConnectError):
        return CommandError(f"no Colonies server at {place}: {fault}", UNREACHABLE)
    acted = (
        "the message may have been processed"
        if fault.may_have_been_processed
        else "the message was not processed"
    )
    late = LATE if isinstance(fault, CallTimeoutError) and not fault.may_have_been_processed else UNREACHABLE
    return CommandError(f"no usable reply from {place}: {fault}; {acted}", late)


def _refused(fault: Any, session: Session) -> CommandError:
    if isinstance(fault, PermissionDeniedError):
        whose = fault.signed_by or session.signer.whose
        return CommandError(
            f"access denied: {fault.message}; this needs the private key of {whose} "
            f"({session.signer.variable} or {session.signer.options[0]}){_was_signed_by(session)}",
            DENIED,
        )
    # Servers answer status 500 to many missing records; only the words tell.
    words = fault.message.lower()
    if isinstance(fault, NotFoundError) or "not found" in words or "is nil" in words:
        return CommandError(f"{fault.message} (not found at {session.address})", MISSING)
    return CommandError(f"the server refused: {fault.message} (status {fault.status})")


def _was_signed_by(session: Session) -> str:
    from pycolonies.crypto import Crypto

    try:
        return f"; the message was signed by {Crypto().id(session.key())}"
    except ColoniesError:
        return ""


#: Explains exceptions; the first match counts.
_EXPLAINED: tuple[tuple[tuple[type[Exception], ...], Callable[[Any, Session], CommandError]], ...] = (
    ((ConfigurationError, InvalidPrivateKeyError), _unusable),
    ((NoProcessAvailable, WaitTimeoutError), _late),
    ((TransportError,), _no_reply),
    ((ServerError,), _refused),
    ((FileNotFoundError, FileExistsError, PermissionError, IsADirectoryError, NotADirectoryError), _file),
    ((ValueError,), _unusable),  # such as workflows that cannot run
    ((ColoniesError,), _other),
)
