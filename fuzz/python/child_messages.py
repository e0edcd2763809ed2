"""Messages of a child process that runs injected code, as its executor reads them.

    pip install atheris
    python fuzz/python/child_messages.py -max_total_time=60

The bytes go through a real socket. The first one says in how many pieces, and whether they are sent as they are
or each line as a message.
"""

from __future__ import annotations

import logging
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

import atheris

with atheris.instrument_imports(include=["pycolonies._executor.children", "pycolonies._rpc"]):
    from pycolonies._executor.children import loggers
    from pycolonies._executor.children.call import ChildCall
    from pycolonies._executor.children.channel import Channel, frame
    from pycolonies._executor.children.child import Child
    from pycolonies._executor.children.messages import CODECS
    from pycolonies.errors import ChildDiedError, ColoniesError

#: Bytes of the largest message that is accepted here, so that inputs exceed it.
_LIMIT = 4096


class _Context:
    """What the code may use. Everything else of it must stay out of reach."""

    def __init__(self) -> None:
        self.called: list[str] = []

    def log(self, *_: Any, **__: Any) -> None:
        self.called.append("log")

    def progress(self, *_: Any, **__: Any) -> None:
        self.called.append("progress")

    def complete(self, *_: Any, **__: Any) -> None:
        self.called.append("complete")


class _Child(Child):
    """The parent's view of a child whose messages are there, and no process."""

    alive = True  # type: ignore[assignment]

    def _kill(self) -> None:
        pass

    def _died(self, task: ChildCall) -> Exception:
        return ChildDiedError(task.funcname, None, "it is gone")


class _NoProcess:
    returncode = None
    pid = 0


def _child(sock: socket.socket) -> Any:
    child: Any = _Child.__new__(_Child)
    child._codec, child._trusted, child._sandboxed, child._contained = CODECS["json"], False, False, False  # noqa: SLF001
    child._grace, child._ready, child._calls, child._records, child._asked = 0.0, True, 1, 0, set()  # noqa: SLF001
    child._process, child._lifeline, child.usable = _NoProcess(), None, False  # noqa: SLF001
    child._channel = Channel(sock, _LIMIT)  # noqa: SLF001
    return child


def read(data: bytes) -> None:
    """Read the messages of a child until it is refused, or is gone."""
    if not data:
        return
    context = _Context()
    task = ChildCall("m", "f", context=context, context_name="ctx", tells=frozenset({"progress"}))
    ours, theirs = socket.socketpair()
    child = _child(ours)
    pieces, body = data[0] % 4 + 1, data[1:]
    if data[0] & 4:
        body = b"".join(map(frame, body.split(b"\n")))
    size = len(body) // pieces + 1
    known = len(logging.Logger.manager.loggerDict)
    began = time.monotonic()
    try:
        for start in range(0, len(body), size):
            theirs.sendall(body[start : start + size])
        theirs.close()
        for kind, rest in child._messages(task, began + 5, None, began):  # noqa: SLF001
            if kind in ("result", "raised") and rest[:1] == [1]:
                child._outcome(task, kind, rest[1:])  # noqa: SLF001
                break
            child._serve(task, kind, rest)  # noqa: SLF001
    except ColoniesError:
        pass
    finally:
        theirs.close()
        child._channel.close()  # noqa: SLF001
    assert set(context.called) <= {"progress"}
    assert len(logging.Logger.manager.loggerDict) <= known + 1  # the one for all records of injected code
    assert child._records <= loggers.MAX_RECORDS + body.count(b"record")  # noqa: SLF001


def main(target: Callable[[bytes], None]) -> None:
    """Run libFuzzer over a function."""
    logging.getLogger().addHandler(logging.NullHandler())
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()


if __name__ == "__main__":
    main(read)
