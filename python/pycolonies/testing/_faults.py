"""Faults of a development server on demand."""

from __future__ import annotations

from pycolonies import _core


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
        """Close the connection of the next message in place of an answer.

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
        self._core.delay(seconds, _msgtype(msgtype), None if times is None else _times(times))

    def error(self, status: int, message: str, msgtype: str | None = None, *, times: int = 1) -> None:
        """Refuse the next message, and do not carry it out.

        Args:
            status: HTTP status, 400 to 599.
            message: What the server says.
            msgtype: Type of the message; None for any.
            times: How many messages.
        """
        if not 400 <= status <= 599:  # noqa: PLR2004 (the statuses of errors)
            raise ValueError(f"the status of a refusal is 400 to 599, {status} is none")
        self._core.error(status, message, _msgtype(msgtype), _times(times))

    def clear(self) -> None:
        """Forget all faults that have not happened yet."""
        self._core.clear_faults()


def _msgtype(msgtype: str | None) -> str | None:
    # A fault that can never happen would make a test pass that shows nothing.
    if msgtype is not None and not msgtype.endswith("msg"):
        raise ValueError(f"types of messages end in 'msg', as 'submitfuncspecmsg' does; {msgtype!r} is none")
    return msgtype


def _times(times: int) -> int:
    if times < 1:
        raise ValueError(f"a fault happens once or more often, not {times} times")
    return times
