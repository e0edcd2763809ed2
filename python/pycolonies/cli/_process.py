"""``pycolonies process``: list, inspect and manage processes."""

from __future__ import annotations

from collections.abc import Sequence

import click

from pycolonies.cli import _process_actions
from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._completion import executor_names, executor_types
from pycolonies.cli._ids import process_id
from pycolonies.cli._process_views import overview, process_list, process_view
from pycolonies.cli._session import Session
from pycolonies.cli._views import STATES, View, words

#: The lists of one state each, with the names that they have in the Colonies CLI.
_LISTS = {"psw": 0, "ps": 1, "pss": 2, "psf": 3, "psc": 4}


@click.group(
    cls=Group, examples=("process ps --watch", "process psf --label nightly", "process get 3f2a --out")
)
def process() -> None:
    """List, inspect and manage processes."""


for _command in _process_actions.COMMANDS:
    process.add_command(_command)


@process.command("get", watch=True, examples=("process get 3f2a", "process get 3f2a --out"))
@process_id()
@click.option("--out", is_flag=True, help="Print only its output.")
@with_session
def get(session: Session, processid: str, out: bool) -> None:
    """Show a process."""
    if not out:
        session.show(lambda: process_view(session.client.get_process(processid)))
        return
    output = session.client.get_process(processid).output or []
    if session.json:
        session.print_json(output)
    else:
        session.text(words(output))


def _add_list(name: str, state: int) -> None:
    adjective = STATES[state].text.lower()

    @process.command(
        name,
        watch=True,
        help=f"List {adjective} processes.",
        examples=(f"process {name} --watch", f"process {name} --executortype adder --count 50"),
    )
    @click.option("--count", default=20, show_default=True, metavar="N", help="Show at most N, up to 100.")
    @click.option("--executortype", default="", shell_complete=executor_types, help="Only for this type.")
    @click.option("--label", default="", help="Only with this label.")
    @click.option("--initiator", default="", help="Only submitted by this user or executor.")
    @with_session
    def ps(session: Session, /, count: int, **filters: str) -> None:
        def look() -> View:
            found = session.client.list_processes(count=count, state=state, **filters)
            return process_list(
                found, state, names=_names(session, found), empty=f"No {adjective} processes found"
            )

        session.show(look)


def _names(session: Session, found: Sequence[object]) -> dict[str, str]:
    """Return the names of all executors by their ids, if a view needs them."""
    if session.json or not found:
        return {}
    return {each["executorid"]: each["executorname"] for each in session.client.list_executors()}


for _name, _state in _LISTS.items():
    _add_list(_name, _state)


@process.command("history", watch=True)
@click.option("--seconds", default=3600, show_default=True, metavar="N", help="How far back, in seconds.")
@click.option(
    "--state",
    type=click.Choice([state.text.lower() for state in STATES]),
    default="successful",
    show_default=True,
    metavar="STATE",
    help=f"One of {', '.join(state.text.lower() for state in STATES)}.",
)
@click.option("--name", shell_complete=executor_names, help="Only those of this executor.")
@with_session
def history(session: Session, seconds: int, state: str, name: str | None) -> None:
    """List the processes submitted in the last hour."""
    number = [known.text.lower() for known in STATES].index(state)
    executorid = "" if name is None else session.client.get_executor(executorname=name)["executorid"]

    def look() -> View:
        found = session.client.get_process_history(seconds=seconds, state=number, executorid=executorid)
        names = _names(session, found)
        return process_list(found, number, names=names, empty=f"No {state} processes found")

    session.show(look)


@process.command("top", watch=True, examples=("process top", "process top --once"))
@click.option("--count", default=100, show_default=True, metavar="N", help="Show at most N of each state.")
@click.option("--once", is_flag=True, help="Show it once.")
@with_session
def top(session: Session, count: int, once: bool) -> None:
    """Show running and waiting processes, full screen.

    Keys: arrows select a row, enter opens it, c cancels it, / filters, s sorts, q quits.
    """
    from pycolonies.cli._screen import Action

    if session.watch is None and not once:
        session.watch = 2.0

    def look() -> View:
        client = session.client
        lists = [client.list_processes(count=count, state=state) for state in (1, 0)]
        return overview(client.stats(), *lists, names=_names(session, [*lists[0], *lists[1]]))

    def cancel(processid: str) -> str:
        session.client.cancel_process(processid)
        return f"cancelled {processid}"

    actions = {
        "enter": Action("open", look=lambda each: process_view(session.client.get_process(each))),
        "c": Action("cancel", do=cancel, question="Cancel process {}?"),
    }
    session.show(look, actions)
