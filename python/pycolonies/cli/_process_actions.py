"""What ``pycolonies process`` does with processes beside looking at them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from pycolonies.cli._commands import Command, several, with_session
from pycolonies.cli._completion import (
    executor_types,
    open_process_ids,
    process_ids,
    running_process_ids,
)
from pycolonies.cli._session import Session, Signer
from pycolonies.cli._submission import Waiting, finish
from pycolonies.cli._views import STATES, words

#: The states that processes and process graphs can be removed by, and what the server knows them as.
_STATES = {"waiting": 0, "successful": 2, "failed": 3, "cancelled": 4}


def processid_option(complete: Callable[..., Any]) -> Callable[[Any], Any]:
    """Add the option that names a process."""
    return click.option(
        "-p", "--processid", required=True, metavar="ID", shell_complete=complete, help="Id of the process."
    )


def state_flags(what: str) -> Callable[[Any], Any]:
    """Add a flag for each state that things can be removed by; the command gets a flag of each."""

    def add(command: Any) -> Any:
        for name in reversed(_STATES):
            command = click.option(f"--{name}", is_flag=True, help=f"Only the {name} {what}.")(command)
        return command

    return add


def chosen_state(flags: dict[str, bool]) -> tuple[str, int]:
    """Return the one state that was asked for, or all, in words and as the server knows it."""
    chosen = [name for name, said in flags.items() if said]
    if len(chosen) > 1:
        raise click.UsageError(f"give one of {', '.join(f'--{name}' for name in chosen)}")
    return (chosen[0], _STATES[chosen[0]]) if chosen else ("all", -1)


@click.command("assign", cls=Command)
@click.option("--timeout", default=100, show_default=True, help="Seconds to wait for work; -1 not to wait.")
@click.option("--availablecpu", default="", help="Only what asks for no more CPU than this, as 1500m.")
@click.option("--availablemem", default="", help="Only what asks for no more memory than this, as 2Gi.")
@with_session
def assign(session: Session, timeout: int, availablecpu: str, availablemem: str) -> None:
    """Take the next process that the executor whose key signs may run."""
    process = session.client.assign(timeout=timeout, availablecpu=availablecpu, availablemem=availablemem)
    session.done(
        "Assigned process to executor",
        process,
        ProcessID=process.processid,
        ExecutorID=process.assignedexecutorid,
    )


@click.command("close", cls=Command)
@processid_option(running_process_ids)
@several("--out", metavar="TEXT,...", help="Its output, which are texts.")
@with_session
def close(session: Session, processid: str, out: list[str]) -> None:
    """End a process that the executor whose key signs runs, as successful."""
    session.client.close(processid, out)
    session.done("Process closed as successful", ProcessID=processid)


@click.command("fail", cls=Command)
@processid_option(running_process_ids)
@several("--errors", metavar="TEXT,...", help="What went wrong.")
@with_session
def fail(session: Session, processid: str, errors: list[str]) -> None:
    """End a process that the executor whose key signs runs, as failed."""
    session.client.fail(processid, errors)
    session.done("Process closed as failed", ProcessID=processid)


@click.command("output", cls=Command)
@processid_option(running_process_ids)
@several("--out", required=True, metavar="TEXT,...", help="Its output, which are texts.")
@with_session
def output(session: Session, processid: str, out: list[str]) -> None:
    """Store the output of a process that the executor whose key signs runs, and let it run on."""
    session.client.set_output(processid, out)
    session.done("Output set", ProcessID=processid)


@click.command("cancel", cls=Command)
@processid_option(open_process_ids)
@with_session
def cancel(session: Session, processid: str) -> None:
    """Cancel a process that waits or runs."""
    session.client.cancel_process(processid)
    session.done("Process cancelled", ProcessID=processid)


@click.command("remove", cls=Command)
@processid_option(process_ids)
@with_session
def remove(session: Session, processid: str) -> None:
    """Remove a process that does not run."""
    session.client.remove_process(processid)
    session.done("Process removed", ProcessID=processid)


@click.command("removeall", cls=Command, signer=Signer.COLONY_OWNER)
@state_flags("processes")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_session
def removeall(session: Session, /, yes: bool, **flags: bool) -> None:
    """Remove all processes of the colony, but for those of workflows."""
    name, state = chosen_state(flags)
    session.confirm(f"Remove {name} processes in colony {session.colonyname}", yes=yes)
    session.client.remove_all_processes(state=state)
    session.done(f"Removed {name} processes", ColonyName=session.colonyname)


@click.command("wait", cls=Command)
@processid_option(process_ids)
@click.option("--follow", is_flag=True, help="Print its log, from the start, while it runs.")
@click.option("--out", is_flag=True, help="Print its output.")
@click.option("--wait-timeout", type=click.FloatRange(min=0), help="Seconds to wait at the most.")
@with_session
def wait(session: Session, processid: str, follow: bool, out: bool, wait_timeout: float | None) -> None:
    """Wait for the end of a process; the exit code tells how it ended."""
    limit = float("inf") if wait_timeout is None else wait_timeout
    finish(session, processid, Waiting(wait=True, follow=follow, out=out, timeout=limit))


@click.command("follow", cls=Command)
@click.option("--executortype", required=True, shell_complete=executor_types, help="Type of the executors.")
@click.option(
    "--state",
    type=click.Choice([state.text.lower() for state in STATES]),
    default="waiting",
    show_default=True,
    help="The state that is followed.",
)
@click.option("--wait-timeout", type=click.FloatRange(min=0), help="Seconds until it ends.")
@with_session
def follow(session: Session, executortype: str, state: str, wait_timeout: float | None) -> None:
    """Print processes for executors of one type as they come into a state, until Ctrl-C.

    An executor's key has to sign. Several that follow the same type and state share the processes.
    """
    from pycolonies.cli._process_views import arguments

    number = [known.text.lower() for known in STATES].index(state)
    for process in session.client.follow_processes(
        executortype=executortype, state=number, timeout=wait_timeout
    ):
        if session.json:
            session.print_json(process)
        else:
            click.echo(words([process.processid, process.spec.funcname, arguments(process.spec)]))


@click.command("pause", cls=Command, signer=Signer.COLONY_OWNER)
@with_session
def pause(session: Session) -> None:
    """Give no processes of the colony to executors until `resume`."""
    session.client.pause_assignments()
    session.done("Assignments paused", ColonyName=session.colonyname)


@click.command("resume", cls=Command, signer=Signer.COLONY_OWNER)
@with_session
def resume(session: Session) -> None:
    """Give processes of the colony to executors again."""
    session.client.resume_assignments()
    session.done("Assignments resumed", ColonyName=session.colonyname)


@click.command("status", cls=Command)
@with_session
def status(session: Session) -> None:
    """Tell whether the colony's processes are given to executors."""
    paused = session.client.assignments_are_paused()
    if session.json:
        session.print_json({"colonyname": session.colonyname, "ispaused": paused})
    else:
        click.echo(f"Assignments in colony {session.colonyname} are {'paused' if paused else 'active'}")


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
    resume,
    status,
    wait,
)
