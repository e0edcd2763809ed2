"""What goes wrong, as one line that tells what and the remedy, and an exit code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

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
    0: "It worked; with `--wait` or `--follow`: the process or workflow succeeded.",
    FAILED: "It did not: the process or workflow failed or was cancelled, or the server refused.",
    USAGE: "The command line is wrong, or a variable is missing or malformed. Nothing was sent.",
    UNREACHABLE: "The server cannot be reached, or gave no usable reply.",
    DENIED: "Access denied: the key has no right to do this.",
    MISSING: "What the command names does not exist.",
    LATE: "Nothing came in time: no process to assign, or no end of a process that was waited for.",
    INTERRUPTED: "Ctrl-C.",
}


class Fault(click.ClickException):
    """One line for stderr, and an exit code."""

    def __init__(self, message: str, exit_code: int = FAILED) -> None:
        super().__init__(" ".join(message.split()))
        self.exit_code = exit_code  # type: ignore[misc]


def explained(fault: Exception, session: Session) -> Fault | None:
    """Say what went wrong, and what to do about it.

    Returns:
        None for what should not happen, and has to be seen as it is.
    """
    for kinds, explain in _EXPLAINED:
        if isinstance(fault, kinds):
            return explain(fault, session)
    return None


def _unusable(fault: Exception, session: Session) -> Fault:  # noqa: ARG001
    return Fault(str(fault), USAGE)


def _late(fault: Exception, session: Session) -> Fault:  # noqa: ARG001
    return Fault(getattr(fault, "remedy", "") or str(fault), LATE)


def _other(fault: Exception, session: Session) -> Fault:  # noqa: ARG001
    return Fault(str(fault))


def _file(fault: Any, session: Session) -> Fault:  # noqa: ARG001 (an OSError)
    return Fault(f"{fault.filename}: {fault.strerror}" if fault.filename else str(fault), USAGE)


def _no_reply(fault: Any, session: Session) -> Fault:
    place = session.address
    if isinstance(fault, ConnectError):
        return Fault(f"no Colonies server at {place}: {fault}", UNREACHABLE)
    acted = "it may have acted all the same" if fault.may_have_been_processed else "it has not acted"
    late = LATE if isinstance(fault, CallTimeoutError) and not fault.may_have_been_processed else UNREACHABLE
    return Fault(f"no usable reply from {place}: {fault}; {acted}", late)


def _refused(fault: Any, session: Session) -> Fault:
    if isinstance(fault, PermissionDeniedError):
        whose = session.signer.whose
        return Fault(
            f"access denied: {fault.message}; this needs the private key of {whose} "
            f"({session.signer.variable} or {session.signer.options[0]}){_was_signed_by(session)}",
            DENIED,
        )
    # Servers answer status 500 to much that is not there, and only their words tell.
    words = fault.message.lower()
    if isinstance(fault, NotFoundError) or "not found" in words or "is nil" in words:
        return Fault(f"{fault.message} ({session.address} has no such thing)", MISSING)
    return Fault(f"the server refused: {fault.message} (status {fault.status})")


def _was_signed_by(session: Session) -> str:
    from pycolonies.crypto import Crypto

    try:
        return f", the one that was used is that of {Crypto().id(session.key())}"
    except ColoniesError:
        return ""


#: What explains which exception; the first one that fits does.
_EXPLAINED: tuple[tuple[tuple[type[Exception], ...], Callable[[Any, Session], Fault]], ...] = (
    ((ConfigurationError, InvalidPrivateKeyError), _unusable),
    ((NoProcessAvailable, WaitTimeoutError), _late),
    ((TransportError,), _no_reply),
    ((ServerError,), _refused),
    ((FileNotFoundError, FileExistsError, PermissionError, IsADirectoryError, NotADirectoryError), _file),
    ((ValueError,), _unusable),  # among them workflows that cannot be run
    ((ColoniesError,), _other),
)
