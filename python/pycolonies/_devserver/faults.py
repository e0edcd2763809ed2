"""Faults of a development server on demand."""

from __future__ import annotations

from types import NoneType

from pycolonies import _checks as checks
from pycolonies import _core
from pycolonies._home import publish_for_tests
from pycolonies._shown import shown


class Faults:
    """What goes wrong with the next messages to a server, so that a test can see what its client does.

    Messages are named by their type on the wire, ``"submitfuncspecmsg"`` for `Colonies.submit_func_spec`; the
    exceptions of a server carry it as ``.msgtype``. Where several faults are meant for a message, all delays
    happen, and of the others the one asked for first. Subscriptions are not affected::

        server.faults.drop_next("closesuccessfulmsg", after=True)
        with pytest.raises(ConnectionLostError) as lost:
            colonies.close(process.processid, ["done"])
        assert lost.value.may_have_been_processed
    """

    def __init__(self, core: _core.DevServer) -> None:
        self._core = core

    def drop_next(self, msgtype: str | None = None, *, times: int = 1, after: bool = False) -> None:
        """Close the connection of the next message instead of an answer.

        Args:
            msgtype: Type of the message; None for any.
            times: How many messages.
            after: False where the message is lost, True where it is carried out and its answer is lost.
        """
        self._core.drop_next(_msgtype(msgtype), _times(times), after=after)

    def delay(self, seconds: float, msgtype: str | None = None, *, times: int | None = None) -> None:
        """Carry messages out, and answer them, only after some time.

        Args:
            seconds: How long each has to wait, 0 or more; real time, whatever the server's clock says.
            msgtype: Type of the messages; None for any.
            times: How many messages; None for all until `clear`.
        """
        self._core.delay(_seconds(seconds), _msgtype(msgtype), None if times is None else _times(times))

    def error(self, status: int, message: str, msgtype: str | None = None, *, times: int = 1) -> None:
        """Refuse the next message, and do not carry it out.

        Args:
            status: HTTP status, 400 to 599.
            message: What the server says.
            msgtype: Type of the message; None for any.
            times: How many messages.
        """
        self._core.error(_status(status), _message(message), _msgtype(msgtype), _times(times))

    def clear(self) -> None:
        """Forget all faults that have not happened yet."""
        self._core.clear_faults()


class S3Faults:
    """What goes wrong with the next requests to the S3 endpoint of a server.

    Requests are named by their operation, ``"PutObject"``, ``"GetObject"``, ``"UploadPart"``, as S3 has them.
    Delays and other faults go together as those of `Faults` do::

        server.s3_faults.cut_next(1 << 20, "GetObject")  # the first download breaks off after 1 MiB
    """

    def __init__(self, core: _core.DevServer) -> None:
        self._core = core

    def drop_next(self, operation: str | None = None, *, times: int = 1, after: bool = False) -> None:
        """Close the connection of the next request instead of an answer.

        Args:
            operation: Name of the operation; None for any.
            times: How many requests.
            after: False where the request is lost, True where it is carried out and its answer is lost.
        """
        self._core.drop_next(_operation(operation), _times(times), after=after, s3=True)

    def cut_next(self, size: int, operation: str | None = None, *, times: int = 1) -> None:
        """Close the connection of the next request in the middle of its body, or else of its answer's.

        An upload that is cut leaves nothing. A body that is not longer than that passes whole.

        Args:
            size: How many bytes of the body pass, about, 0 or more; for uploads, with the signatures in it.
            operation: Name of the operation; None for any.
            times: How many requests.
        """
        checks.integer("size", size, 0)
        self._core.cut_next(size, _operation(operation), _times(times))

    def delay(self, seconds: float, operation: str | None = None, *, times: int | None = None) -> None:
        """Carry requests out, and answer them, only after some time.

        Args:
            seconds: How long each has to wait, 0 or more; real time.
            operation: Name of the operation; None for any.
            times: How many requests; None for all until `clear`.
        """
        self._core.delay(
            _seconds(seconds), _operation(operation), None if times is None else _times(times), s3=True
        )

    def error(self, status: int, message: str, operation: str | None = None, *, times: int = 1) -> None:
        """Refuse the next request, and do not carry it out.

        Args:
            status: HTTP status, 400 to 599; 403, 404 and 503 are AccessDenied, NoSuchKey and SlowDown.
            message: What the endpoint says.
            operation: Name of the operation; None for any.
            times: How many requests.
        """
        self._core.error(_status(status), _message(message), _operation(operation), _times(times), s3=True)

    def clear(self) -> None:
        """Forget all faults that have not happened yet."""
        self._core.clear_faults(s3=True)


def _status(status: int) -> int:
    checks.integer("status", status, 400, 599)
    return status


def _msgtype(msgtype: str | None) -> str | None:
    # A fault that can never happen would make a test pass that shows nothing.
    if msgtype is not None:
        checks.kind("msgtype", msgtype, str, "a string")
        if not msgtype.endswith("msg"):
            raise ValueError(f"msgtype must end in 'msg', like 'submitfuncspecmsg', got {shown(msgtype)}")
    return msgtype


def _operation(operation: str | None) -> str | None:
    checks.kind("operation", operation, (str, NoneType), "a string")
    return operation


def _message(message: str) -> str:
    checks.kind("message", message, str, "a string")
    return message


def _seconds(seconds: float) -> float:
    checks.seconds("seconds", seconds)
    return seconds


def _times(times: int) -> int:
    checks.integer("times", times, 1)
    return times


publish_for_tests(Faults, S3Faults)
