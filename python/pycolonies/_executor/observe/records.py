"""One log record for each event of an executor, with structured fields."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from pycolonies._executor.observe.endings import Endings
from pycolonies._executor.observe.events import Outcome
from pycolonies._loggers import logger
from pycolonies._printable import last_line, one_line
from pycolonies._units import duration

if TYPE_CHECKING:
    from pycolonies._executor.observe.events import ExecutorInfo
    from pycolonies._models import Process

log = logger("pycolonies.executor")

_LEVELS = {
    Outcome.SUCCESSFUL: logging.INFO,
    Outcome.FAILED: logging.ERROR,
    Outcome.CANCELLED: logging.INFO,
    Outcome.LATE: logging.WARNING,
    Outcome.LOST: logging.WARNING,
    Outcome.HANDED_BACK: logging.INFO,
}
_VERBS = {
    Outcome.SUCCESSFUL: "succeeded",
    Outcome.FAILED: "failed",
    Outcome.CANCELLED: "was cancelled",
    Outcome.LATE: "exceeded its maxexectime",
    Outcome.LOST: "was taken from this executor",
    Outcome.HANDED_BACK: "was requeued",
}


class LogRecords(Endings):
    """Writes what happens to the logger ``pycolonies.executor``. Every executor has one.

    The fields of a record (``extra``) are ``event``, ``processid``, ``function``, ``attempt`` and, at the
    end, ``outcome`` and ``seconds``. Assignments and starts are at level DEBUG, successes at INFO, failures
    at ERROR with the reason, and the traceback if the function raised.
    """

    def started(self, about: ExecutorInfo) -> None:
        log.info(
            "executor %s of type %s runs in colony %s, up to %d calls at a time: %s",
            about.executorname,
            about.executortype,
            about.colonyname,
            about.concurrency,
            ", ".join(about.functions) or "no functions",
            extra={"event": "started", "executorname": about.executorname, "executorid": about.executorid},
        )

    def assigned(self, process: Process) -> None:
        log.debug("%s: process %s was assigned", *_names(process), extra=_fields(process, "assigned"))

    def began(self, process: Process) -> None:
        log.debug("%s: process %s started", *_names(process), extra=_fields(process, "began"))

    def retrying(self, process: Process, error: BaseException, failure: int, seconds: float) -> None:
        log.warning(
            "%s: process %s failed, attempt %d; it is run again in %s",
            *_names(process),
            failure,
            duration(seconds),
            exc_info=error,
            extra=_fields(process, "retrying", failure=failure, pause=seconds),
        )

    def limited(self, process: Process, limits: str) -> None:
        log.debug(
            "%s: process %s waits for its turn: %s",
            *_names(process),
            limits,
            extra=_fields(process, "limited"),
        )

    def reported(self, process: Process, outcome: Outcome, seconds: float) -> None:
        error, ran = self.take(process)
        level = _LEVELS[outcome]
        if log.isEnabledFor(level):
            fields = _fields(process, "ended", outcome=outcome.value, seconds=round(ran or 0.0, 6))
            error = error if outcome is Outcome.FAILED else None
            after = "" if ran is None else f" after {duration(ran)}"  # its function may not have run
            reason = "" if error is None else f": {one_line(last_line(error))}"
            text = f"{_VERBS[outcome]}{after}{reason}"
            log.log(level, "%s: process %s %s", *_names(process), text, exc_info=error, extra=fields)

    def stopping(self, running: int, grace: float) -> None:
        log.info(
            "stopping: finishing %d running calls, up to %g s",
            running,
            grace,
            extra={"event": "stopping", "running": running},
        )

    def stopped(self) -> None:
        log.info("executor stopped", extra={"event": "stopped"})


def _names(process: Process) -> tuple[str, str]:
    return process.spec.funcname, process.processid[:12]


def _fields(process: Process, event: str, **more: Any) -> dict[str, Any]:
    return {
        "event": event,
        "processid": process.processid,
        "function": process.spec.funcname,
        "attempt": process.retries + 1,
        **more,
    }
