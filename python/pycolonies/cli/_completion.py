"""``pycolonies completion``, and the names that it gets from the server."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem, get_completion_class

from pycolonies.cli._commands import Command
from pycolonies.cli._session import Session, Signer

if TYPE_CHECKING:
    from pycolonies import Colonies

#: Seconds that a shell waits for names. What comes later comes too late.
_PATIENCE = 1.0
_PROGRAM, _VARIABLE = "pycolonies", "_PYCOLONIES_COMPLETE"
#: How the scripts say what they complete, and how they say it of an alias, too.
_REGISTERED = {
    "bash": ("_completion pycolonies\n", "_completion pycolonies {name}\n"),
    "zsh": ("_completion pycolonies\n", "_completion pycolonies {name}\n"),
    "fish": ("--command pycolonies", "--command pycolonies --command {name}"),
}


def names(ask: Callable[[Colonies], Iterable[str]]) -> Callable[..., list[CompletionItem]]:
    """Make the ``shell_complete`` of an option whose values the server knows.

    Without a server, or a key, there is nothing to suggest, and nothing is said about it.

    Args:
        ask: Asks a client, which has a member's key and the colony, for names.
    """

    def suggest(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
        session = ctx.ensure_object(Session)
        session.timeout = _PATIENCE
        session.verbose = False
        try:
            found = set(ask(session.client))
        except Exception:  # noqa: BLE001 (a shell that is about to complete shows no faults)
            return []
        return [CompletionItem(name) for name in sorted(found) if name.startswith(incomplete)]

    return suggest


def _processes(colonies: Colonies, *states: int) -> Iterable[str]:
    for state in states:
        yield from (process.processid for process in colonies.list_processes(state=state))


def _graphs(colonies: Colonies) -> Iterable[str]:
    for state in range(5):
        yield from (graph.processgraphid for graph in colonies.get_processgraphs(state=state))


executor_names = names(lambda colonies: (found["executorname"] for found in colonies.list_executors()))
executor_types = names(lambda colonies: (found["executortype"] for found in colonies.list_executors()))
function_names = names(lambda colonies: (found["funcname"] for found in colonies.get_functions_by_colony()))
function_ids = names(lambda colonies: (found["functionid"] for found in colonies.get_functions_by_colony()))
process_ids = names(lambda colonies: _processes(colonies, 0, 1, 2, 3, 4))
open_process_ids = names(lambda colonies: _processes(colonies, 0, 1))
running_process_ids = names(lambda colonies: _processes(colonies, 1))
graph_ids = names(_graphs)
labels = names(lambda colonies: (found["name"] for found in colonies.get_file_labels()))
snapshot_names = names(lambda colonies: (found["name"] for found in colonies.get_snapshots()))


@click.command(cls=Command, signer=Signer.ANYBODY)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.option("--name", metavar="ALIAS", help="Complete this name, too: an alias of the command.")
def completion(shell: str, name: str | None) -> None:
    """Print the script that completes commands in a shell: options too, and names from the server.

    \b
    bash:  eval "$(pycolonies completion bash)"     in ~/.bashrc
    zsh:   eval "$(pycolonies completion zsh)"      in ~/.zshrc
    fish:  pycolonies completion fish | source      in ~/.config/fish/config.fish
    """  # noqa: D301 (click leaves lines below \b as they are)
    from pycolonies.cli import main

    kind: Any = get_completion_class(shell)
    script: str = kind(main, {}, _PROGRAM, _VARIABLE).source()
    script = script.replace("_complete $1)", f"_complete {_PROGRAM})")  # $1 may be the alias
    if name is not None:
        before, after = _REGISTERED[shell]
        script = script.replace(before, after.format(name=name))
    click.echo(script)
