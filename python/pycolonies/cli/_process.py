"""``pycolonies process``: look at processes, and carry them out by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from pycolonies.cli._completion import executor_types, open_process_ids, process_ids
from pycolonies.cli._grammar import Group, with_session
from pycolonies.cli._process_views import process_list, process_view
from pycolonies.cli._session import Session


@click.group(cls=Group)
def process() -> None:
    """Look at processes, and carry them out by hand."""


def processid_option(complete: Callable[..., Any]) -> Callable[[Any], Any]:
    """Add the option that names a process."""
    return click.option(
        "-p", "--processid", required=True, metavar="ID", shell_complete=complete, help="Id of the process."
    )


@process.command("get", watch=True)
@processid_option(process_ids)
@click.option("--out", is_flag=True, help="Print its output only.")
@with_session
def get(session: Session, processid: str, out: bool) -> None:
    """Show a process: its state, times, function spec, conditions and attributes."""
    if out:
        _print_output(session, processid)
        return
    session.show(lambda: process_view(session.client.get_process(processid)))


def _print_output(session: Session, processid: str) -> None:
    from pycolonies.cli._views import words

    output = session.client.get_process(processid).output or []
    if session.json:
        session.print_json(output)
    else:
        click.echo(words(output))


@process.command("cancel")
@processid_option(open_process_ids)
@with_session
def cancel(session: Session, processid: str) -> None:
    """Cancel a process that waits or runs."""
    session.client.cancel_process(processid)
    session.done("Process cancelled", ProcessID=processid)


_NAMES = {
    "psw": (0, "waiting"),
    "ps": (1, "running"),
    "pss": (2, "successful"),
    "psf": (3, "failed"),
    "psc": (4, "cancelled"),
}


def _add_list(name: str, state: int, adjective: str) -> None:
    @process.command(name, watch=True, help=f"List the {adjective} processes.")
    @click.option("--count", default=20, show_default=True, help="How many at the most.")
    @click.option(
        "--executortype",
        default="",
        shell_complete=executor_types,
        help="Only those for executors of this type.",
    )
    @click.option("--label", default="", help="Only those with this label.")
    @click.option("--initiator", default="", help="Only those that the user of this name submitted.")
    @click.option("-w", "--wide", is_flag=True, help="Show executors, initiators and labels, too.")
    @click.option("-i", "--ids", is_flag=True, hidden=True, help="Ids are always shown.")
    @with_session
    def ps(session: Session, /, count: int, wide: bool, ids: bool, **filters: str) -> None:  # noqa: ARG001
        session.show(
            lambda: process_list(
                session.client.list_processes(count=count, state=state, **filters),
                state,
                wide=wide,
                empty=f"No {adjective} processes found",
            )
        )


for _name, (_state, _adjective) in _NAMES.items():
    _add_list(_name, _state, _adjective)
