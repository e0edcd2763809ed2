"""Submit a process, and wait for its log, output, errors and exit code."""

from __future__ import annotations

import contextlib
import functools
import secrets
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from pycolonies._printable import one_line
from pycolonies.cli._completion import executor_names, executor_types
from pycolonies.cli._errors import CommandError
from pycolonies.cli._numbers import seconds
from pycolonies.cli._output import write
from pycolonies.cli._views import STATES, words

if TYPE_CHECKING:
    from pycolonies import FuncSpec, Process
    from pycolonies.cli._session import Session

#: Seconds between two calls while a log is followed.
_LOOK_EVERY = 0.5
_SUCCESSFUL, _CANCELLED = 2, 4


@dataclass(frozen=True)
class Waiting:
    """What to do after a process was submitted.

    Attributes:
        wait: Wait until it ends.
        follow: Wait until it ends, and show its log meanwhile.
        out: Print its output.
        timeout: Longest time to wait, in seconds; infinity is no limit.
    """

    wait: bool = False
    follow: bool = False
    out: bool = False
    timeout: float = float("inf")


wait_timeout_option = click.option(
    "--wait-timeout", type=seconds(), metavar="SECONDS", help="Longest time to wait."
)
target_name = click.option(
    "--targetname", shell_complete=executor_names, metavar="NAME", help="Name of the executor that runs it."
)
max_exec_time = click.option(
    "--maxexectime",
    default=-1,
    show_default=True,
    metavar="SECONDS",
    help="Longest time to run; -1 is no limit.",
)


def target_type(note: str = "") -> Callable[[Any], Any]:
    """Add the option for the type of executors, with a note in its help."""
    return click.option(
        "--targettype",
        shell_complete=executor_types,
        metavar="TYPE",
        help=f"Type of the executors that may run it{note}.",
    )


def max_retries(default: int) -> Callable[[Any], Any]:
    """Add the option for the number of retries, with its default."""
    return click.option(
        "--maxretries",
        default=default,
        show_default=True,
        metavar="N",
        help="How often to run it again after maxexectime.",
    )


def waiting_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that make a `Waiting`, which the command gets as the argument ``waiting``."""

    def collect(
        *args: Any,
        wait: bool,
        follow: bool,
        out: bool,
        wait_timeout: float | None,
        **rest: Any,
    ) -> None:
        limit = float("inf") if wait_timeout is None else wait_timeout
        command(*args, waiting=Waiting(wait or out, follow, out, limit), **rest)

    wrapped = functools.update_wrapper(collect, command)
    for option in (
        wait_timeout_option,
        click.option("--out", is_flag=True, help="Wait until it ends, and print its output."),
        click.option("--follow", is_flag=True, help="Wait until it ends, and print its log meanwhile."),
        click.option("--wait", is_flag=True, help="Wait until it ends."),
    ):
        wrapped = option(wrapped)
    return wrapped


def submit(session: Session, spec: FuncSpec, waiting: Waiting, *, snapshot: bool = False) -> None:
    """Submit a function spec, and wait as asked.

    Args:
        session: The session.
        spec: The function spec.
        waiting: What to do then.
        snapshot: First create the snapshots that the function spec mounts.

    Raises:
        CommandError: The process failed or was cancelled.
    """
    if snapshot:
        _take_snapshots(session, spec)
    process = session.client.submit_func_spec(spec)
    if not session.json:
        session.info("Process submitted", ProcessID=process.processid)
    warn_if_unserved(session, spec)
    if waiting.wait or waiting.follow:
        finish(session, process.processid, waiting)
    elif session.json:
        session.print_json(process)


def warn_if_unserved(session: Session, *specs: FuncSpec, of_workflow: bool = False) -> None:
    """Warn of each kind of executor that function specs need and the colony lacks.

    Args:
        session: The session.
        specs: What was submitted.
        of_workflow: Whether they are the nodes of a workflow, which are named.
    """
    from pycolonies._waiting.unserved import unserved
    from pycolonies.errors import ColoniesError

    missing: dict[str, list[str]] = {}
    executors = functools.cache(session.client.list_executors)
    with contextlib.suppress(ColoniesError):  # the submission is done
        for spec in specs:
            conditions = session.client.endpoint.spec_in_colony(spec).conditions
            if reason := unserved(conditions, executors(conditions.colonyname)):
                missing.setdefault(reason, []).append(spec.nodename)
    for reason, nodes in missing.items():
        session.warn(f"{reason}; {_nodes(nodes) if of_workflow else 'the process'} waits for one")


def _nodes(names: list[str]) -> str:
    more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
    return f"node {names[0]!r}{more}"


def finish(session: Session, processid: str, waiting: Waiting) -> None:
    """Wait until a process ends, and print its output if asked.

    Raises:
        CommandError: It failed or was cancelled.
        WaitTimeoutError: It did not end in time.
    """
    ended = ended_process(session, processid, waiting)
    if session.json:
        session.print_json(ended)
    check(ended)
    if session.json:
        return
    session.info("Process finished successfully", ProcessID=processid)
    if waiting.out:
        session.text(words(ended.output))


def check(ended: Process) -> None:
    """Check that a process succeeded. Errors of several lines go to stderr as they are.

    Raises:
        CommandError: It failed or was cancelled; the message has its short errors.
    """
    if ended.state == _SUCCESSFUL:
        return
    long = [error for error in ended.errors if "\n" in error.strip()]
    for error in long:
        write(error.rstrip(), err=True)
    short = "; ".join(error for error in ended.errors if error not in long)
    state = STATES[ended.state].text.lower()
    raise CommandError(
        f"process {ended.processid} {'was ' if ended.state == _CANCELLED else ''}{state}"
        f"{': ' if short else ''}{short}"
    )


def ended_process(session: Session, processid: str, waiting: Waiting) -> Process:
    """Return a process once it has ended; show its log meanwhile, if asked.

    The log goes to stdout, or to stderr if stdout gets the output.

    Raises:
        WaitTimeoutError: It did not end in time.
    """
    from pycolonies import WaitTimeoutError
    from pycolonies._waiting.explanation import explain

    log = _Log(session, processid, to_stderr=waiting.out or session.json) if waiting.follow else None
    newest: Process | None = None
    # The log is read between two steps.
    session.client.endpoint = session.client.endpoint.bind(poll_interval=_LOOK_EVERY)
    limit = None if waiting.timeout == float("inf") else waiting.timeout
    with _waiting_line(session, waiting) as say:
        for found in session.client._process_steps(processid, session.key(), limit):  # noqa: SLF001 (the steps of follow_process)
            newest = found or newest
            if newest is not None:
                say(newest)
            if log is not None:
                log.show()
    if newest is None or newest.state < _SUCCESSFUL:
        reason = explain(session.client.endpoint, newest, limit) if newest else ""
        raise WaitTimeoutError(processid, waiting.timeout, "process", reason)
    if log is not None:
        log.show()
    return newest


def _take_snapshots(session: Session, spec: FuncSpec) -> None:
    for mount in (spec.fs.snapshots if spec.fs else None) or []:
        made = session.client.create_snapshot(label=mount.label, name=secrets.token_hex(32))
        mount.snapshotid = made["snapshotid"]


class _Log:
    """The log lines of a process that were not shown yet."""

    def __init__(self, session: Session, processid: str, *, to_stderr: bool) -> None:
        from pycolonies._futures.following import LogReader

        self._session = session
        self._processid = processid
        self._to_stderr = to_stderr
        self._reader = LogReader()

    def show(self) -> None:
        """Write the new lines as they are."""
        from pycolonies._futures.following import AT_ONCE

        while True:
            lines = self._session.client.get_process_log(
                processid=self._processid, count=AT_ONCE, since=self._reader.since
            )
            for line in self._reader.new(lines):
                self._session.text(line["message"], err=self._to_stderr)
            if len(lines) < AT_ONCE:
                return


@contextlib.contextmanager
def _waiting_line(session: Session, waiting: Waiting) -> Iterator[Callable[[Process], None]]:
    """Show on a terminal what the command waits for; not with a log, whose lines would mix with it."""
    if not sys.stderr.isatty() or session.json or session.verbose or waiting.follow:
        yield lambda _: None
        return
    from rich.console import Console
    from rich.text import Text

    def say(process: Process) -> None:
        doing = "waits for" if process.state == 0 else "runs on"
        kind = process.spec.conditions.executortype
        text = one_line(f"{process.spec.funcname} {doing} an executor of type {kind}")
        line.update(Text(text, no_wrap=True, overflow="ellipsis"))

    with Console(stderr=True).status("") as line:
        yield say
