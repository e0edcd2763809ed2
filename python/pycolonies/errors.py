"""What can go wrong, as a tree of exceptions.

::

    ColoniesError
    ├── ColoniesConnectionError         every failed call: the name that 1.x programs catch
    │   ├── TransportError              no usable reply
    │   │   ├── ConnectError                the server was never reached
    │   │   ├── CallTimeoutError            a deadline passed (a TimeoutError, too)
    │   │   ├── CallCancelledError          another thread ended the call
    │   │   ├── ConnectionLostError         the connection broke after the message went out
    │   │   └── ProtocolError               bytes came back, but no reply envelope
    │   │       └── UnreadableProcessError      an assigned process can't be read; it was failed
    │   ├── ServerError                 the server refused: .status, .msgtype, .message
    │   │   ├── InvalidRequestError         400
    │   │   ├── PermissionDeniedError       403
    │   │   ├── NotFoundError               404
    │   │   │   └── NoProcessAvailable          from assign: nothing came in time
    │   │   └── ConflictError               409
    │   └── StorageError                the S3 store, where the content of files lies: .code, .status
    │       ├── StorageConnectError         no usable answer, after further attempts
    │       ├── StorageAccessError          the access key may not, is unknown, or its secret is wrong
    │       ├── BucketNotFoundError
    │       ├── ObjectNotFoundError         the file's content is gone
    │       ├── ChecksumMismatchError       what came is not what was stored
    │       └── ChecksumMissingError        the record has no checksum
    ├── FileChangedError                a file changed while it was uploaded
    ├── TransferError                   some files were not transferred, all others were: .failures
    ├── UnsafeNameError                 a name that would lead out of a directory (a ValueError, too)
    ├── WaitTimeoutError                a process did not end in time (a TimeoutError, too)
    ├── ProcessFailedError              a process that was waited for has failed: .errors
    ├── ProcessCancelledError           a process that was waited for was cancelled
    ├── WorkflowFailedError             a process graph that was waited for did not succeed: .failed
    ├── InvalidWorkflowError            nodes that cannot be run (a ValueError, too)
    ├── ArgumentsError                  a process's arguments do not fit its function (a ValueError, too)
    ├── SerializationError              a value has no exact JSON form (a TypeError and ValueError, too)
    ├── OutputError                     a function returned what JSON cannot say (a ValueError, too)
    ├── UnknownFunctionError            an executor does not offer the function (a LookupError, too)
    ├── InvalidPrivateKeyError          a text that is no private key (a ValueError, too)
    ├── InvalidSignatureError           a text that is no signature (a ValueError, too)
    ├── ConfigurationError              a setting is missing or malformed (a ValueError, too)
    ├── FunctionCancelledError          the call of a function in a child process was cancelled
    ├── FunctionTimeoutError            it ran longer than it may (a TimeoutError, too)
    ├── ResourceLimitError              it used more memory or processor time than it may
    ├── ChildDiedError                  the child process that ran it died
    ├── RemoteError                     it raised what cannot be brought over as it is
    ├── CodeRefusedError                source code came along that is not run here (a PermissionError, too)
    └── DevServerError                  the development server could not start (an OSError, too)

Every exception hands all of its fields to ``Exception``, so that it survives pickling.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from itertools import islice
from typing import Any, NamedTuple

from pycolonies._home import publish

#: How many failures of a transfer its message names.
_SHOWN = 10
#: Whether exceptions have notes, which tracebacks show.
_HAS_NOTES = hasattr(BaseException, "add_note")
#: How much of a remote traceback is shown: its last lines, and the longest line in characters.
_LINES, _COLUMNS = 30, 400
#: How many nodes of a workflow have their tracebacks shown.
_NODES = 3
#: How Python begins a traceback.
_TRACEBACK = "Traceback (most recent call last):"


def _printable(text_of: Callable[..., str]) -> Callable[..., str]:
    """Wrap a ``__str__`` so that its text is safe to print."""

    @wraps(text_of)
    def wrapped(*args: Any) -> str:
        from pycolonies._printable import printable

        return printable(text_of(*args))

    return wrapped


def _remote_traceback(errors: list[str]) -> str:
    """Return the first traceback among the errors of a process, safe to print."""
    from pycolonies._printable import printable

    return next((printable(text).strip() for text in errors if _TRACEBACK in text), "")


def _reason(errors: list[str], separator: str = "\n") -> str:
    """Return the errors of a process without tracebacks; the last line of one where there is nothing else."""
    plain = [text for text in errors if _TRACEBACK not in text]
    return separator.join(plain or [text.strip().splitlines()[-1] for text in errors])


def _note(trace: str, whose: str = "the function") -> str:
    """Return the last lines of a remote traceback, indented, below a heading."""
    lines = [line if len(line) <= _COLUMNS else f"{line[:_COLUMNS]}..." for line in trace.splitlines()]
    if len(lines) > _LINES:
        lines = [f"... {len(lines) - _LINES} lines left out, see .errors ...", *lines[-_LINES:]]
    return "\n".join([f"Traceback of {whose} on its executor:", *(f"  {line}" for line in lines)])


class ColoniesError(Exception):
    r"""Root of everything that this package raises on purpose.

    Messages quote texts of servers and other members. ``str()`` writes their control characters out, as
    ``\x1b``, so that a traceback can't act on a terminal; the attributes keep them as they are.
    """

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        if "__str__" in cls.__dict__:
            cls.__str__ = _printable(cls.__str__)  # type: ignore[method-assign]  # of a class that is being made

    def __str__(self) -> str:
        return _printable(super().__str__)()


class ColoniesConnectionError(ColoniesError):
    """A call brought back no result. 1.x raises this name for whatever goes wrong in a call."""


class TransportError(ColoniesConnectionError):
    """There was no usable reply.

    Attributes:
        may_have_been_processed: True where the server can have carried out the message anyway.
    """

    def __init__(self, message: str, may_have_been_processed: bool = False) -> None:
        super().__init__(message, may_have_been_processed)
        self.may_have_been_processed = may_have_been_processed

    def __str__(self) -> str:
        return str(self.args[0])


class ConnectError(TransportError):
    """The server was never reached: name lookup, TCP or TLS failed."""


class CallTimeoutError(TransportError, TimeoutError):
    """A deadline passed before the reply was complete."""


class CallCancelledError(TransportError):
    """Another thread ended the call, as a stopping executor does with its requests for work."""


class ConnectionLostError(TransportError):
    """The connection broke after the message went out, so the server may have carried it out."""


class ProtocolError(TransportError):
    """Bytes came back that are no reply of a Colonies server."""


class UnreadableProcessError(ProtocolError):
    """A process was assigned, and what it is to do can't be read. It was failed with the reason.

    Attributes:
        processid: Its id. Empty where that can't be read either.
        reason: What can't be read.
    """

    def __init__(self, processid: str, reason: str) -> None:
        Exception.__init__(self, processid, reason)
        self.processid = processid
        self.reason = reason
        self.may_have_been_processed = True

    def __str__(self) -> str:
        return f"process {self.processid or '(without an id)'} was assigned, but can't be read: {self.reason}"


class ServerError(ColoniesConnectionError):
    """The server read the message and refused it.

    Attributes:
        message: The server's own words.
        status: HTTP status of the refusal.
        msgtype: Type of the refused message.
    """

    def __init__(self, message: str, status: int, msgtype: str) -> None:
        super().__init__(message, status, msgtype)
        self.message = message
        self.status = status
        self.msgtype = msgtype

    def __str__(self) -> str:
        words = f"{self.message} (status {self.status}, answer to {self.msgtype})"
        return f"{words}; {self.remedy}" if self.remedy else words

    @property
    def remedy(self) -> str:
        """What helps, where that is known."""
        return ""


class InvalidRequestError(ServerError):
    """Status 400: the message is malformed, or asks for what the server's state does not allow."""


class PermissionDeniedError(ServerError):
    """Status 403: the key that signed the message has no right to send it."""

    @property
    def signed_by(self) -> str:
        """Who signs such messages, as "the colony's owner". Empty for unknown types."""
        from pycolonies._rpc.signers import signers_of

        group = signers_of(self.msgtype)
        return group.who if group is not None else ""

    @property
    def remedy(self) -> str:
        """Whose key has the right."""
        return f"it must be signed with the private key of {self.signed_by}" if self.signed_by else ""


class NotFoundError(ServerError):
    """Status 404: what the message names does not exist."""


class NoProcessAvailable(NotFoundError):  # noqa: N818 (an empty queue is a normal event, not an error)
    """Nothing that this executor may run came in time. Ask again."""

    @property
    def remedy(self) -> str:
        """What helps."""
        return "nothing is waiting for this executor; ask again"


class ConflictError(ServerError):
    """Status 409: what the message adds is there already."""


class StorageError(ColoniesConnectionError):
    """The S3 store refused, or failed, although it was asked several times.

    Attributes:
        code: S3's name of the error, such as ``SlowDown``; empty where the store said nothing.
        status: HTTP status of the answer; 0 where none came.
    """

    def __init__(self, message: str, code: str = "", status: int = 0) -> None:
        super().__init__(message, code, status)
        self.code = code
        self.status = status

    def __str__(self) -> str:
        return str(self.args[0])


class StorageConnectError(StorageError):
    """The S3 store gave no usable answer: it was not reached, was silent, or the connection was lost."""


class StorageAccessError(StorageError):
    """The S3 store refused the access key: it has no right, is unknown, or its secret or region is wrong."""


class BucketNotFoundError(StorageError):
    """There is no such bucket in the S3 store."""


class ObjectNotFoundError(StorageError):
    """The content of a file is no longer in the S3 store."""


class ChecksumMismatchError(StorageError):
    """What came from the S3 store is not what was stored: size or checksum differ. No file was written."""


class ChecksumMissingError(StorageError):
    """The record of a file has no SHA-256 to check its content with. No file was written."""


class FileChangedError(ColoniesError):
    """A file changed while it was being uploaded. Nothing was stored."""


class TransferFailure(NamedTuple):
    """What went wrong with one file.

    Attributes:
        action: What was to be done: ``upload``, ``download``, ``read`` or ``record``.
        path: The file, with slashes, relative to the directory that is synchronised.
        error: What happened.
    """

    action: str
    path: str
    error: Exception

    def __str__(self) -> str:
        return f"{self.action} {self.path}: {self.error or type(self.error).__name__}"


class TransferError(ColoniesError):
    """Some files were not transferred. What could be done was done: all others are complete.

    Attributes:
        failures: What went wrong, a `TransferFailure` a file.
        done: How many files were transferred.
    """

    def __init__(self, failures: tuple[TransferFailure, ...], done: int) -> None:
        super().__init__(failures, done)
        self.failures = failures
        self.done = done

    def __str__(self) -> str:
        files = f"{len(self.failures)} file{'s' if len(self.failures) > 1 else ''}"
        lines = [f"{files} failed, {self.done} transferred; the next attempt does what is left"]
        lines += [str(failure) for failure in self.failures[:_SHOWN]]
        if len(self.failures) > _SHOWN:
            lines.append(f"and {len(self.failures) - _SHOWN} more, see .failures")
        return "\n  ".join(lines)


class UnsafeNameError(ColoniesError, ValueError):
    """A name or label that is not allowed for a file, as it would lead somewhere else.

    Attributes:
        name: The name, without control characters.
        reason: What is wrong with it.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
        self.name = name
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.name!r} cannot be the name of a file here: {self.reason}"


class WaitTimeoutError(ColoniesError, TimeoutError):
    """A process, or a process graph, did not end in time.

    Attributes:
        processid: The process, or the process graph.
        timeout: How long was waited for it, in seconds.
        what: Which of both it is: ``"process"`` or ``"process graph"``.
        reason: Why it has not begun: no executor can run it. Empty if executors can.
    """

    def __init__(self, processid: str, timeout: float, what: str = "process", reason: str = "") -> None:
        super().__init__(processid, timeout, what, reason)
        self.processid = processid
        self.timeout = timeout
        self.what = what
        self.reason = reason

    def __str__(self) -> str:
        late = f"{self.what} {self.processid} did not end within {self.timeout:g} seconds"
        if self.reason:
            return f"{late}: {self.reason}; it keeps waiting: start such an executor, or cancel it"
        return (
            f"{late}; it goes on: wait again, or set maxwaittime and maxexectime so that the server ends it"
        )


class ProcessFailedError(ColoniesError):
    """A process that was waited for has failed.

    The traceback of the function is shown below the exception's own: as a note on Python 3.11 and newer, else
    in its text. It is cut to its last lines there.

    Attributes:
        funcname: The function that was called.
        processid: The process.
        errors: What its executor, or the server, says about it, with tracebacks, as it arrived.
    """

    def __init__(self, funcname: str, processid: str, errors: list[str]) -> None:
        super().__init__(funcname, processid, errors)
        self.funcname = funcname
        self.processid = processid
        self.errors = errors
        if self.remote_traceback and _HAS_NOTES:
            self.add_note(_note(self.remote_traceback))  # type: ignore[attr-defined,unused-ignore]  # Python 3.11

    @property
    def remote_traceback(self) -> str:
        """The traceback of the function on its executor, safe to print; "" if there is none."""
        return _remote_traceback(self.errors)

    def __str__(self) -> str:
        reason = _reason(self.errors) or "no reason is given, as where another process of its graph failed"
        text = f"{self.funcname or 'a function'} failed as process {self.processid}: {reason}"
        return text if _HAS_NOTES or not self.remote_traceback else f"{text}\n{_note(self.remote_traceback)}"


class ProcessCancelledError(ColoniesError):
    """A process that was waited for, or that runs here, was cancelled.

    Where a handle raises it, it is a CancelledError, too.

    Attributes:
        funcname: The function that was called.
        processid: The process.
    """

    def __init__(self, funcname: str, processid: str) -> None:
        super().__init__(funcname, processid)
        self.funcname = funcname
        self.processid = processid

    def __str__(self) -> str:
        return f"process {self.processid}, a call of {self.funcname or 'a function'}, was cancelled"


class WorkflowFailedError(ColoniesError):
    """A process graph that was waited for has failed or was cancelled.

    Attributes:
        processgraphid: The process graph.
        state: Its state: failed (3) or cancelled (4).
        failed: Of each node that failed by itself, what is said about it.
    """

    def __init__(self, processgraphid: str, state: int, failed: dict[str, list[str]]) -> None:
        super().__init__(processgraphid, state, failed)
        self.processgraphid = processgraphid
        self.state = state
        self.failed = failed
        found = ((node, _remote_traceback(errors)) for node, errors in failed.items())
        for node, trace in islice(((node, trace) for node, trace in found if trace), _NODES):
            if _HAS_NOTES:
                self.add_note(_note(trace, f"node {node}"))  # type: ignore[attr-defined,unused-ignore]  # Python 3.11

    def __str__(self) -> str:
        if self.state == 4:  # noqa: PLR2004 (Colonies.CANCELLED)
            return f"process graph {self.processgraphid} was cancelled"
        nodes = "; ".join(
            f"{node}: {_reason(errors, ', ') or 'no reason'}" for node, errors in self.failed.items()
        )
        return f"process graph {self.processgraphid} failed: {nodes or 'no node says why'}"


class InvalidWorkflowError(ColoniesError, ValueError):
    """A workflow has nodes that cannot be run. Nothing was sent.

    Attributes:
        message: What is wrong with them.
        nodes: Their names; in a circle each waits for the one before it, and the first for the last.
    """

    def __init__(self, message: str, nodes: tuple[str, ...]) -> None:
        super().__init__(message, nodes)
        self.message = message
        self.nodes = nodes

    def __str__(self) -> str:
        return self.message


class ArgumentsError(ColoniesError, ValueError):
    """The arguments of a process do not fit the function that it asks for.

    Attributes:
        funcname: The function.
        misfit: Which do not, and why.
    """

    def __init__(self, funcname: str, misfit: str) -> None:
        super().__init__(funcname, misfit)
        self.funcname = funcname
        self.misfit = misfit

    def __str__(self) -> str:
        return f"the arguments do not fit {self.funcname}: {self.misfit}"


class SerializationError(ColoniesError, TypeError, ValueError):
    """A value can't be sent, because JSON or the server would change it.

    Attributes:
        place: Where it is, as ``output[0]['id']``.
        reason: What it is, and what to send instead.
    """

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(place, reason)
        self.place = place
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


class IdempotencyKeyError(ColoniesError, ValueError):
    """An idempotency key was used before, for another call.

    Attributes:
        key: The key.
        processid: The process that has it.
        call: What that process calls, and what is submitted now.
    """

    def __init__(self, key: str, processid: str, call: str) -> None:
        super().__init__(key, processid, call)
        self.key = key
        self.processid = processid
        self.call = call

    def __str__(self) -> str:
        return (
            f"the idempotency key {self.key!r} is that of process {self.processid}, {self.call}; "
            "use one key for one call"
        )


class OutputError(ColoniesError, ValueError):
    """A function returned a value that can't be sent.

    Attributes:
        funcname: The function.
        kinds: The types of the values.
        fault: Where the value is, and what is wrong with it.
    """

    def __init__(self, funcname: str, kinds: str, fault: str) -> None:
        super().__init__(funcname, kinds, fault)
        self.funcname = funcname
        self.kinds = kinds
        self.fault = fault

    def __str__(self) -> str:
        return f"the result of {self.funcname} ({self.kinds}) can't be sent: {self.fault}"


class UnknownFunctionError(ColoniesError, LookupError):
    """An executor does not offer a function.

    Attributes:
        funcname: The function.
        offered: What it offers.
    """

    def __init__(self, funcname: str, offered: tuple[str, ...]) -> None:
        super().__init__(funcname, offered)
        self.funcname = funcname
        self.offered = offered

    def __str__(self) -> str:
        known = ", ".join(self.offered)
        there = f"it has: {known}" if known else "it has no functions"
        return f"the executor has no function {self.funcname!r}; {there}"


class InvalidPrivateKeyError(ColoniesError, ValueError):
    """A text that is no private key. The text is never part of the message."""


class InvalidSignatureError(ColoniesError, ValueError):
    """A text that is no signature of any key."""


class ConfigurationError(ColoniesError, ValueError):
    """A setting is missing or malformed."""


class FunctionCancelledError(ColoniesError):
    """The call of a function in a child process was cancelled, and the child ended.

    Attributes:
        funcname: The function.
    """

    def __init__(self, funcname: str) -> None:
        super().__init__(funcname)
        self.funcname = funcname

    def __str__(self) -> str:
        return f"the call of {self.funcname} was cancelled, and its child process ended"


class FunctionTimeoutError(ColoniesError, TimeoutError):
    """A function in a child process ran longer than it may, and the child was ended.

    Attributes:
        funcname: The function.
        seconds: How long it ran.
    """

    def __init__(self, funcname: str, seconds: float) -> None:
        super().__init__(funcname, seconds)
        self.funcname = funcname
        self.seconds = seconds

    def __str__(self) -> str:
        return f"{self.funcname} was not done in time: it was ended after {self.seconds:.3g} seconds"


class ResourceLimitError(ColoniesError):
    """A function in a child process used more than it may.

    Attributes:
        funcname: The function.
        resource: ``"memory"``, ``"processor time"`` or ``"processes"``.
        limit: Bytes, seconds, or a number.
    """

    def __init__(self, funcname: str, resource: str, limit: float) -> None:
        super().__init__(funcname, resource, limit)
        self.funcname = funcname
        self.resource = resource
        self.limit = limit

    def __str__(self) -> str:
        unit = {"memory": " bytes", "processor time": " seconds"}.get(self.resource, "")
        return f"{self.funcname} used more {self.resource} than the {self.limit:.12g}{unit} that it may"


class ChildDiedError(ColoniesError):
    """The child process that ran a function died. Only this call failed.

    Attributes:
        funcname: The function.
        exitcode: What the child exited with; the number of the signal that killed it, below 0; None where it
            could not be started.
        reason: What is known beside it.
    """

    def __init__(self, funcname: str, exitcode: int | None, reason: str = "") -> None:
        super().__init__(funcname, exitcode, reason)
        self.funcname = funcname
        self.exitcode = exitcode
        self.reason = reason

    def __str__(self) -> str:
        if self.exitcode is None:
            how = "could not be started"
        elif self.exitcode < 0:
            how = f"was killed by {_signal_name(-self.exitcode)}"
        else:
            how = f"exited with code {self.exitcode}"
        because = f": {self.reason}" if self.reason else ""
        return f"the child process that ran {self.funcname} {how}{because}"


class RemoteError(ColoniesError):
    """A function in a child process raised what cannot be brought over as it is.

    Attributes:
        kind: Name of the exception's type.
        message: Its message.
        traceback: Its traceback, as text.
    """

    def __init__(self, kind: str, message: str, traceback: str = "") -> None:
        super().__init__(kind, message, traceback)
        self.kind = kind
        self.message = message
        self.traceback = traceback

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}" if self.message else self.kind


class CodeRefusedError(ColoniesError, PermissionError):
    """Source code came along with a process, and this executor does not run it."""


class DevServerError(ColoniesError, OSError):
    """The development server could not start."""


def _signal_name(number: int) -> str:
    import signal

    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


publish(__name__)
