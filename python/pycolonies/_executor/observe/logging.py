"""Log records of functions: with the fields of their process, as JSON, and in the log of their process."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

from pycolonies._executor.context import CURRENT, BaseContext, escaped
from pycolonies._executor.observe.events import ExecutorInfo, Observer, Outcome, attempt_key
from pycolonies._home import publish
from pycolonies._syntax_trees import steadily
from pycolonies.errors import ServerError

if TYPE_CHECKING:
    from pycolonies._models import Process

#: Seconds that lines are collected for before they are sent, those of a process together.
COLLECT = 0.2
#: Characters of a message that is sent: what is longer is sent in pieces.
PIECE = 60_000
#: Seconds that the end of a process waits for lines of it that are being sent.
FLUSH_TIMEOUT = 10.0
#: Loggers whose records would beget further records.
_OWN = "pycolonies"

log = logging.getLogger("pycolonies.executor")


class ProcessFields(logging.Filter):
    """Gives log records the fields of the process whose function logs; filters nothing.

    The fields are ``processid``, ``function``, ``colonyname``, ``attempt`` and ``executorid``, empty where no
    function runs: add it to a handler, and name them in the handler's format::

        handler.addFilter(ProcessFields())
        handler.setFormatter(logging.Formatter("%(processid).8s %(function)s %(message)s"))
    """

    def filter(self, record: logging.LogRecord) -> bool:
        context = CURRENT.get(None)
        process = None if context is None else context._process  # noqa: SLF001 (no call for a log record)
        record.processid = process.processid if process else ""
        record.function = process.spec.funcname if process else ""
        record.colonyname = process.spec.conditions.colonyname if process else ""
        record.executorid = process.assignedexecutorid if process else ""
        record.attempt = process.retries + 1 if process else 0
        return True


class JsonFormatter(logging.Formatter):
    """Writes a log record as a line of JSON, with the fields of `ProcessFields` and all of ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields.update(
            (name, value) for name, value in record.__dict__.items() if name not in _STANDARD and value
        )
        if record.exc_info:
            fields["traceback"] = steadily(partial(self.formatException, record.exc_info))
        return json.dumps(fields, default=str)


class ProcessLogHandler(logging.Handler, Observer):
    """Adds what a function logs to the log of its process.

    ::

        Executor(..., observers=[ProcessLogHandler(logging.INFO)])

    Logging costs the function no call to the server: lines are sent by a thread, those of a fifth of a
    second together, the last ones before the process is closed. Where more come than can be sent, some are
    dropped, and the log of the process says how many.

    Args:
        level: The least level.
        logger: Name of the logger that it is added to while the executor works; the root by default. Loggers
            of this package are left out.
        limit: Lines that wait to be sent, at most.
    """

    def __init__(
        self, level: int | str = logging.INFO, *, logger: str | None = None, limit: int = 10_000
    ) -> None:
        super().__init__(level)
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        self._logger = logging.getLogger(logger)
        self._limit = limit
        self._changed = threading.Condition()
        self._lines: dict[tuple[str, int], _Lines] = {}
        self._count = 0
        self._sending: tuple[str, int] | None = None
        self._working = False

    def started(self, about: ExecutorInfo) -> None:
        self._working = True
        threading.Thread(target=self._work, name="pycolonies-executor-log", daemon=True).start()
        self._logger.addHandler(self)

    def stopped(self) -> None:
        self._logger.removeHandler(self)
        with self._changed:
            self._working = False
            self._changed.notify_all()

    def emit(self, record: logging.LogRecord) -> None:
        context = CURRENT.get(None)
        if context is None or record.name.partition(".")[0] == _OWN:
            return
        try:
            text = escaped(self.format(record))
        except Exception:  # noqa: BLE001 (as logging does: it reports, and goes on)
            self.handleError(record)
            return
        with self._changed:
            lines = self._lines.setdefault(attempt_key(context._process), _Lines(context))  # noqa: SLF001 (a part of the executor)
            if self._count >= self._limit:
                lines.dropped += 1
                return
            lines.texts.append(text)
            self._count += 1
            self._changed.notify()

    def ended(self, process: Process, outcome: Outcome, seconds: float) -> None:
        """Send what is left of a process, as long as it can be sent."""
        with self._changed:
            lines = self._take(attempt_key(process))
            if outcome not in {Outcome.SUCCESSFUL, Outcome.FAILED}:
                return  # the server takes no more lines, and what calls must not wait
            self._changed.wait_for(lambda: self._sending != attempt_key(process), FLUSH_TIMEOUT)
        self._send(lines)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._lines or not self._working)
                if not self._working:
                    return
                self._changed.wait_for(lambda: not self._working, COLLECT)
            for key in list(self._lines):
                with self._changed:
                    self._sending = key
                    lines = self._take(key)
                self._send(lines)
                with self._changed:
                    self._sending = None
                    self._changed.notify_all()

    def _take(self, key: tuple[str, int]) -> _Lines | None:
        lines = self._lines.pop(key, None)
        if lines is not None:
            self._count -= len(lines.texts)
        return lines

    def _send(self, lines: _Lines | None) -> None:
        if lines is None:
            return
        for piece, count in lines.pieces():
            if not self._send_piece(lines.context, piece, count):
                return

    @staticmethod
    def _send_piece(context: BaseContext, piece: str, count: int) -> bool:
        """Send a part of the lines; return whether it is worth sending the next."""
        process = context._process  # noqa: SLF001 (no call for a log record)
        try:
            context._backend.log(process, piece)  # noqa: SLF001 (functions have no business with it)
        except ServerError as refused:  # it may take others
            log.warning("%d log lines of process %s were refused: %s", count, process.processid, refused)
        except Exception as fault:  # noqa: BLE001 (whatever it was, the executor goes on)
            log.warning("log lines of process %s could not be sent: %s", process.processid, fault)
            return False
        return True


class _Lines:
    """Lines of a process that wait to be sent."""

    def __init__(self, context: BaseContext) -> None:
        self.context = context
        self.texts: deque[str] = deque()
        self.dropped = 0

    def pieces(self) -> list[tuple[str, int]]:
        """Return what is to be sent, and how many lines each piece stands for."""
        pieces: list[tuple[str, int]] = []
        here: list[str] = []
        size = 0
        for text in self.texts:
            if here and size + len(text) > PIECE:
                pieces.append(("\n".join(here), len(here)))
                here, size = [], 0
            here.append(text)
            size += len(text) + 1
        if here:
            pieces.append(("\n".join(here), len(here)))
        if self.dropped:
            pieces.append(
                (f"{self.dropped} lines were dropped here: more came than could be sent", self.dropped)
            )
        return pieces


#: What every record has, which is said by other fields or is of no use in a line.
_STANDARD = {*logging.makeLogRecord({}).__dict__, "message", "asctime", "taskName"}


publish(__name__)
