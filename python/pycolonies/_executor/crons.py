"""Crons that an executor registers for its functions."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pycolonies._rpc.encoding import dumps, loads
from pycolonies._shown import shown
from pycolonies._specs.call import call_spec
from pycolonies._specs.workflow import Workflow
from pycolonies.errors import (
    ColoniesError,
    ConfigurationError,
    InvalidRequestError,
    PermissionDeniedError,
    ServerError,
)

if TYPE_CHECKING:
    from pycolonies._client import Colonies
    from pycolonies._executor.functions import RegisteredFunction
    from pycolonies._records import Cron
    from pycolonies._rpc.codec import Codec

log = logging.getLogger("pycolonies.executor")

#: Start of the label of processes that a cron has submitted; its name follows.
LABEL = "pycolonies.cron:"
#: How many crons of a colony are listed to find one by its name.
LISTED = 100_000
#: How often another replica may win before the executor gives up.
ATTEMPTS = 5


@dataclass(frozen=True)
class CronJob:
    """A function that a colony calls at certain times.

    Attributes:
        name: Name of the cron, unique in the colony; empty for one made of executor type and function.
        funcname: Name of the function.
        expression: The cron expression; empty with an interval.
        interval: Seconds between two runs; -1 with an expression.
        wait: Whether no run begins before the last one has ended.
        args: Positional arguments of the function.
        kwargs: Keyword arguments of the function.
        options: How the function is called, as for `Colonies.submit`.
    """

    name: str
    funcname: str
    expression: str
    interval: int
    wait: bool
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    options: Mapping[str, Any]

    def named(self, executortype: str) -> str:
        """Return the name of the cron."""
        return self.name or f"{executortype}.{self.funcname}"

    def workflow(self, colonyname: str, executortype: str, codec: Codec | None) -> Workflow:
        """Return the workflow that the cron submits."""
        options = {**self.options, "executortype": executortype, "label": LABEL + self.named(executortype)}
        spec = call_spec(self.funcname, self.args, self.kwargs, colonyname, options, codec=codec)
        return Workflow(colonyname=colonyname, functionspecs=[spec])


def check_times(expression: str | None, interval: int | None) -> tuple[str, int]:
    """Validate the times of a cron, and return them in the form that servers expect.

    Raises:
        TypeError: Both or neither are given, or one has the wrong type.
        ValueError: The expression is empty, or the interval below 1.
    """
    if (expression is None) == (interval is None):
        raise TypeError("cron needs either an expression, such as '0 30 3 * * *', or interval=SECONDS")
    if expression is not None:
        if not isinstance(expression, str):
            raise TypeError(f"expression must be text such as '0 30 3 * * *', got {shown(expression)}")
        if not expression.strip():
            raise ValueError("expression must not be empty; write one such as '0 30 3 * * *' or '@daily'")
        return expression.strip(), -1
    if isinstance(interval, bool) or not isinstance(interval, int):
        raise TypeError(f"interval must be an integer of seconds, got {shown(interval)}")
    if interval < 1:
        raise ValueError(f"interval must be at least 1 second, got {interval}")
    return "", interval


def is_of_cron(label: str) -> bool:
    """Whether a process with this label was submitted by a cron of an executor.

    Servers hand the output of a cron's last run to the next one as input; these functions get their own
    arguments instead.
    """
    return label.startswith(LABEL)


class Crons:
    """Registers the crons of an executor.

    Args:
        client: A client that signs with the executor's key and calls its colony.
        executortype: The executor's type.
        jobs: The crons to register.
        functions: The executor's functions.
    """

    def __init__(
        self,
        client: Colonies,
        executortype: str,
        jobs: Iterable[CronJob],
        functions: Mapping[str, RegisteredFunction],
    ) -> None:
        self._client = client
        self._executortype = executortype
        self._jobs = jobs
        self._functions = functions

    def ensure(self) -> None:
        """Add the crons that are missing, and replace those that differ.

        Raises:
            ConfigurationError: The server refuses one.
            ColoniesConnectionError: The server cannot be reached, or fails.
        """
        for job in tuple(self._jobs):
            try:
                self._ensure(job)
            except PermissionDeniedError as denied:  # noqa: PERF203 (there are few)
                raise ConfigurationError(
                    f"the executor may not add the cron {job.named(self._executortype)!r} in the colony "
                    f"{self._client.colonyname}: {denied.message}. Members of the colony may; approve the "
                    "executor, or leave out @executor.cron and add the cron with the key of a member"
                ) from denied

    def _ensure(self, job: CronJob) -> None:
        name = job.named(self._executortype)
        codec = self._functions[job.funcname].codec if job.funcname in self._functions else None
        workflow = job.workflow(self._client.endpoint.colony(), self._executortype, codec)
        refusal: InvalidRequestError | None = None
        for _ in range(ATTEMPTS):
            found = next(
                (cron for cron in self._client.get_crons(count=LISTED) if cron["name"] == name), None
            )
            if found is not None and _agrees(found, job, workflow):
                return
            if found is None and refusal is not None:
                break
            if found is not None:
                self._remove(found)
            try:
                self._client.add_cron(name, job.expression, job.wait, workflow, interval=job.interval)
            except InvalidRequestError as refused:  # another replica was faster, or it is malformed
                refusal = refused
                continue
            log.info("cron %s %s", name, "changed" if found is not None else "added")
            return
        reason = refusal.message if refusal is not None else "others change it all the time"
        raise ConfigurationError(f"the cron {name!r} cannot be added: {reason}") from refusal

    def _remove(self, cron: Cron) -> None:
        try:
            self._client.del_cron(cron["cronid"])
        except PermissionDeniedError:
            raise
        except ServerError as gone:  # another replica has removed it
            log.debug("cron %s was not removed: %s", cron["name"], gone)


def remove_once(client: Colonies, name: str) -> None:
    """Remove a one-shot cron that has run, or it would run again in a year."""
    try:
        for cron in client.get_crons(count=LISTED):
            if cron["name"] == name:
                client.del_cron(cron["cronid"])
    except ColoniesError as fault:
        log.warning("the cron %s has run and cannot be removed; it runs again in a year: %s", name, fault)


def _agrees(found: Cron, job: CronJob, workflow: Workflow) -> bool:
    """Whether a cron at the server equals the one to register."""
    times = (found.get("cronexpression", ""), found.get("interval", -1) or -1)
    if times != (job.expression, job.interval) or bool(found.get("waitforprevprocessgraph")) != job.wait:
        return False
    try:
        there = loads(found.get("workflowspec", ""))
    except ValueError:
        return False
    return _same(there, loads(dumps(workflow)))


def _same(one: Any, other: Any) -> bool:
    """Whether JSON values are equal apart from empty fields, which servers add and drop."""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(_same(one.get(key), other.get(key)) for key in one.keys() | other.keys())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other and isinstance(one, bool) == isinstance(other, bool)) or not (one or other)
