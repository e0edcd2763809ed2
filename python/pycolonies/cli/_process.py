"""``pycolonies process``: look at processes, and carry them out by hand."""

from __future__ import annotations

import click

from pycolonies.cli import _process_actions
from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._completion import executor_names, executor_types, process_ids
from pycolonies.cli._process_views import overview, process_list, process_view
from pycolonies.cli._session import Session
from pycolonies.cli._views import STATES, View, words

#: The lists of one state each, under the names that they have in the Colonies CLI.
_LISTS = {"psw": 0, "ps": 1, "pss": 2, "psf": 3, "psc": 4}


@click.group(cls=Group)
def process() -> None:
    """Look at processes, and carry them out by hand."""


for _command in _process_actions.COMMANDS:
    process.add_command(_command)


@process.command("get", watch=True)
@_process_actions.processid_option(process_ids)
@click.option("--out", is_flag=True, help="Print its output only.")
@with_session
def get(session: Session, processid: str, out: bool) -> None:
    """Show a process: its state, times, function spec, conditions and attributes."""
    if not out:
        session.show(lambda: process_view(session.client.get_process(processid)))
        return
    output = session.client.get_process(processid).output or []
    if session.json:
        session.print_json(output)
    else:
        click.echo(words(output))


def _add_list(name: str, state: int) -> None:
    adjective = STATES[state].text.lower()

    @process.command(name, watch=True, help=f"List the {adjective} processes.")
    @click.option("--count", default=20, show_default=True, help="How many at the most, up to 100.")
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
        def look() -> View:
            found = session.client.list_processes(count=count, state=state, **filters)
            names = _executor_names(session) if wide and found and not session.json else None
            return process_list(found, state, names=names, empty=f"No {adjective} processes found")

        session.show(look)


for _name, _state in _LISTS.items():
    _add_list(_name, _state)


def _executor_names(session: Session) -> dict[str, str]:
    return {found["executorid"]: found["executorname"] for found in session.client.list_executors()}


@process.command("history", watch=True)
@click.option("--seconds", default=3600, show_default=True, help="How far back.")
@click.option(
    "--state",
    type=click.Choice([state.text.lower() for state in STATES]),
    default="successful",
    show_default=True,
    help="Their state.",
)
@click.option("--name", shell_complete=executor_names, help="Only those of the executor of this name.")
@with_session
def history(session: Session, seconds: int, state: str, name: str | None) -> None:
    """List the processes of one state that were submitted lately, the oldest first."""
    number = [known.text.lower() for known in STATES].index(state)
    executorid = "" if name is None else session.client.get_executor(executorname=name)["executorid"]

    def look() -> View:
        found = session.client.get_process_history(seconds=seconds, state=number, executorid=executorid)
        return process_list(found, number, empty=f"No {state} processes found")

    session.show(look)


@process.command("top", watch=True)
@click.option("--count", default=20, show_default=True, help="How many of each state at the most.")
@click.option("--once", is_flag=True, help="Show it once.")
@with_session
def top(session: Session, count: int, once: bool) -> None:
    """Show how many processes there are, what runs for how long, and what waits; again every 2 seconds."""
    if session.watch is None and not once:
        session.watch = 2.0

    def look() -> View:
        client = session.client
        lists = [client.list_processes(count=count, state=state) for state in (1, 0)]
        return overview(client.stats(), *lists, names=_executor_names(session))

    session.show(look)
