"""The commands of ``pycolonies process`` that change or follow processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from pycolonies.cli._commands import Command, several, with_session
from pycolonies.cli._completion import executor_types
from pycolonies.cli._ids import OPEN_PROCESS, RUNNING_PROCESS, process_id
from pycolonies.cli._numbers import seconds
from pycolonies.cli._session import Session
from pycolonies.cli._submission import Waiting, finish
from pycolonies.cli._views import STATES, words

#: The states by which processes and process graphs can be removed, with their numbers.
_STATES = {"waiting": 0, "successful": 2, "failed": 3, "cancelled": 4}


#: How servers refuse while assignments are paused.
_PAUSED = (408, 503)


def state_flags(what: str) -> Callable[[Any], Any]:
    """Add a flag for each state by which records can be removed."""

    def add(command: Any) -> Any:
        for name in reversed(_STATES):
            command = click.option(f"--{name}", is_flag=True, help=f"Only {name} {what}.")(command)
        return command

    return add


def chosen_state(flags: dict[str, bool]) -> tuple[str, int]:
    """Return the name and the number of the chosen state, which is all by default."""
    chosen = [name for name, given in flags.items() if given]
    if len(chosen) > 1:
        raise click.UsageError(f"give one of {', '.join(f'--{name}' for name in chosen)}")
    return (chosen[0], _STATES[chosen[0]]) if chosen else ("all", -1)


@click.command("assign", cls=Command, sends="assignprocessmsg")
@click.option(
    "--timeout",
    default=100,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for a process; -1 does not wait.",
)
@click.option("--availablecpu", default="", metavar="CPU", help="Available CPU, such as 1500m.")
@click.option("--availablemem", default="", metavar="SIZE", help="Available memory, such as 2Gi.")
@with_session
def assign(session: Session, timeout: int, availablecpu: str, availablemem: str) -> None:
    """Assign the next process to your executor.

    The exit code is 0 if there is none, like that of the Colonies CLI.
    """
    from pycolonies import NoProcessAvailable, ServerError

    try:
        process = session.client.assign(timeout=timeout, availablecpu=availablecpu, availablemem=availablemem)
    except NoProcessAvailable:
        session.warn("No process was assigned: there is none for this executor")
        return
    except ServerError as refused:
        if refused.status not in _PAUSED:
            raise
        session.warn("No process was assigned: the assignments of the colony are paused")
        return
    session.done(
        "Assigned process to executor",
        process,
        ProcessID=process.processid,
        ExecutorID=process.assignedexecutorid,
    )


@click.command("close", cls=Command, sends="closesuccessfulmsg")
@process_id(RUNNING_PROCESS)
@several("--out", metavar="TEXT,...", help="Output: texts.")
@with_session
def close(session: Session, processid: str, out: list[str]) -> None:
    """Close a process of your executor as successful."""
    session.client.close(processid, out)
    session.done("Process closed as successful", ProcessID=processid)


@click.command("fail", cls=Command, sends="closefailedmsg")
@process_id(RUNNING_PROCESS)
@several("--errors", metavar="TEXT,...", help="Error messages.")
@with_session
def fail(session: Session, processid: str, errors: list[str]) -> None:
    """Close a process of your executor as failed."""
    session.client.fail(processid, errors)
    session.done("Process closed as failed", ProcessID=processid)


@click.command("output", cls=Command, sends="setoutputmsg")
@process_id(RUNNING_PROCESS)
@several("--out", required=True, metavar="TEXT,...", help="Output: texts.")
@with_session
def output(session: Session, processid: str, out: list[str]) -> None:
    """Set the output of a running process of your executor."""
    session.client.set_output(processid, out)
    session.done("Output set", ProcessID=processid)


@click.command("cancel", cls=Command)
@process_id(OPEN_PROCESS)
@with_session
def cancel(session: Session, processid: str) -> None:
    """Cancel a waiting or running process."""
    session.client.cancel_process(processid)
    session.done("Process cancelled", ProcessID=processid)


@click.command("resubmit", cls=Command)
@process_id()
@with_session
def resubmit(session: Session, processid: str) -> None:
    """Submit a process again as a new process.

    A node of a workflow becomes a process by itself, with its input as arguments.
    """
    process = session.client.resubmit(processid).process
    session.done("Process resubmitted", process, ProcessID=process.processid, Resubmitted=processid)


@click.command("remove", cls=Command)
@process_id()
@with_session
def remove(session: Session, processid: str) -> None:
    """Remove a process that is not running."""
    session.client.remove_process(processid)
    session.done("Process removed", ProcessID=processid)


@click.command("removeall", cls=Command, sends="removeallprocessesmsg")
@state_flags("processes")
@click.option("--yes", is_flag=True, help="Don't ask.")
@with_session
def removeall(session: Session, /, yes: bool, **flags: bool) -> None:
    """Remove all processes, except those of workflows."""
    name, state = chosen_state(flags)
    session.confirm(f"Remove {name} processes in colony {session.colonyname}", yes=yes)
    session.client.remove_all_processes(state=state)
    session.done(f"Removed {name} processes", ColonyName=session.colonyname)


@click.command("wait", cls=Command, examples=("process wait 3f2a --follow", "process wait 3f2a --out"))
@process_id()
@click.option("--follow", is_flag=True, help="Print its log while it runs.")
@click.option("--out", is_flag=True, help="Print its output.")
@click.option("--wait-timeout", type=seconds(), metavar="SECONDS", help="Longest time to wait.")
@with_session
def wait(session: Session, processid: str, follow: bool, out: bool, wait_timeout: float | None) -> None:
    """Wait until a process ends.

    The exit code is 0 if it succeeded, else 1.
    """
    limit = float("inf") if wait_timeout is None else wait_timeout
    finish(session, processid, Waiting(wait=True, follow=follow, out=out, timeout=limit))


@click.command("follow", cls=Command, sends="subscribeprocessesmsg")
@click.option("--executortype", required=True, shell_complete=executor_types, help="Type of the executors.")
@click.option(
    "--state",
    type=click.Choice([state.text.lower() for state in STATES]),
    default="waiting",
    show_default=True,
    metavar="STATE",
    help="State to follow.",
)
@click.option("--wait-timeout", type=seconds(), metavar="SECONDS", help="Stop after this time.")
@with_session
def follow(session: Session, executortype: str, state: str, wait_timeout: float | None) -> None:
    """Print processes as they enter a state.

    This needs an executor's key, and ends with Ctrl-C. Several followers of the same type and state share
    the processes: each process goes to one of them.
    """
    from pycolonies.cli._process_views import arguments

    number = [known.text.lower() for known in STATES].index(state)
    for process in session.client.follow_processes(
        executortype=executortype, state=number, timeout=wait_timeout
    ):
        if session.json:
            session.print_json(process)
        else:
            session.text(words([process.processid, process.spec.funcname, arguments(process.spec)]))


@click.command("pause", cls=Command, sends="pauseassignmentsmsg")
@with_session
def pause(session: Session) -> None:
    """Pause the colony: executors get no processes.

    Running processes continue. The command `resume` ends the pause.
    """
    session.client.pause_assignments()
    session.done("Assignments paused", ColonyName=session.colonyname)


@click.command("resume", cls=Command, sends="resumeassignmentsmsg")
@with_session
def resume(session: Session) -> None:
    """Resume the colony: executors get processes again."""
    session.client.resume_assignments()
    session.done("Assignments resumed", ColonyName=session.colonyname)


@click.command("status", cls=Command, sends="getpausestatusmsg")
@with_session
def status(session: Session) -> None:
    """Show whether the colony is paused."""
    paused = session.client.assignments_are_paused()
    if session.json:
        session.print_json({"colonyname": session.colonyname, "ispaused": paused})
    else:
        session.text(f"Assignments in colony {session.colonyname} are {'paused' if paused else 'active'}")


COMMANDS = (
    assign,
    cancel,
    close,
    fail,
    follow,
    output,
    pause,
    remove,
    removeall,
    resubmit,
    resume,
    status,
    wait,
)
