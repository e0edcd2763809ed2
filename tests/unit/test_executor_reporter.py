"""The steps of a report, without a server."""

from __future__ import annotations

from typing import Any

import pytest

from pycolonies import Outcome, Process
from pycolonies._executor.attempt import Report
from pycolonies._executor.locked_processes import Held
from pycolonies._executor.reporter import Reporter
from pycolonies._executor.steps import REJOIN, Call, Pause
from pycolonies.errors import ConnectError, PermissionDeniedError


@pytest.mark.parametrize("refused", [False, True], ids=["away", "refused"])
def test_a_report_pauses_after_each_check_without_an_answer(
    monkeypatch: pytest.MonkeyPatch, *, refused: bool
) -> None:
    """Also where it is checked only because its maxexectime may be over at the server."""
    now = [0.0]
    monkeypatch.setattr("pycolonies._executor.reporter.time.monotonic", lambda: now[0])
    held = Held("a" * 64)
    process = Process(processid="1" * 64, assignedexecutorid="a" * 64, state=1)
    process.spec.maxexectime = 10
    with held as processes:
        attempt = processes.assigned(process, 8.0, asked=0.0).attempt
        assert attempt is not None
        assert processes.ended(attempt, Report(Outcome.SUCCESSFUL, b"{}"), 11.0)
    link: Any = None
    steps = Reporter(link, held).steps(attempt)
    now[0] = 12.0
    fault = (
        PermissionDeniedError("no member", 403, "getprocessmsg") if refused else ConnectError("away", False)
    )
    step = next(steps)
    for _ in range(3):
        assert isinstance(step, Call)
        assert step.msgtype == "getprocessmsg"
        step = steps.throw(fault)
        if refused:
            assert step is REJOIN
            step = steps.send(None)
        assert isinstance(step, Pause)
        assert step.seconds > 0
        step = steps.send(False)
