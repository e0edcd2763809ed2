"""``pycolonies completion``, and completion of names from the server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem, get_completion_class

from pycolonies._printable import one_line
from pycolonies.cli._commands import Command
from pycolonies.cli._session import Session

if TYPE_CHECKING:
    from pycolonies import Colonies

T = TypeVar("T")

#: Seconds that a shell waits for names.
_TIMEOUT = 1.0
_PROGRAM, _VARIABLE = "pycolonies", "_PYCOLONIES_COMPLETE"
#: Texts without a character that means something to a shell. Bash inserts a completion as it is: a name such
#: as ``$(command)`` would run with the line, and ``--json`` would be an option.
_PLAIN = re.compile(r"[\w/@%+=:,.][\w/@%+=:,.-]*")
#: How the scripts register what they complete, and how they register an alias as well.
_REGISTERED = {
    "bash": ("_completion pycolonies\n", "_completion pycolonies {name}\n"),
    "zsh": ("_completion pycolonies\n", "_completion pycolonies {name}\n"),
    "fish": ("--command pycolonies", "--command pycolonies --command {name}"),
}


def asked(ctx: click.Context, ask: Callable[[Colonies], list[T]]) -> list[T]:
    """Return what a server answers; nothing without a server or a key, as shells show no errors.

    Args:
        ctx: The context that is completed.
        ask: Asks a client that has a member's key and the colony.
    """
    session = ctx.ensure_object(Session)
    session.timeout = _TIMEOUT
    session.verbose = False
    try:
        return ask(session.client)
    except Exception:  # noqa: BLE001 (completion must never fail)
        return []


def names(ask: Callable[[Colonies], Iterable[str]]) -> Callable[..., list[CompletionItem]]:
    """Return the ``shell_complete`` of an option whose values the server knows.

    Args:
        ask: Asks a client that has a member's key and the colony.
    """

    def suggest(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        found = asked(ctx, lambda colonies: list(ask(colonies)))
        return items(((name, "") for name in sorted(set(found))), incomplete)

    return suggest


def items(found: Iterable[tuple[str, str]], incomplete: str) -> list[CompletionItem]:
    """Return the completions of a text among names or ids of others, each with a few words about it.

    Those that a shell could take for more than a word are left out.
    """
    return [
        CompletionItem(text, help=one_line(about))
        for text, about in found
        if _PLAIN.fullmatch(text) and text.startswith(incomplete)
    ]


executor_names = names(lambda colonies: (found["executorname"] for found in colonies.list_executors()))
executor_types = names(lambda colonies: (found["executortype"] for found in colonies.list_executors()))
function_names = names(lambda colonies: (found["funcname"] for found in colonies.get_functions_by_colony()))
labels = names(lambda colonies: (found["name"] for found in colonies.get_file_labels()))
snapshot_names = names(lambda colonies: (found["name"] for found in colonies.get_snapshots()))


#: Bash splits words at colons, too, and replaces only what follows the last one.
_JOINED_AT_COLONS = """    local words=() word before=""
    for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        if [[ ${#words[@]} -gt 0 && ( $word == : || $before == : ) ]]; then
            words[${#words[@]}-1]+=$word
        else
            words+=("$word")
        fi
        before=$word
    done
    local cword=$((${#words[@]}-1)) kept=""
    [[ $COMP_WORDBREAKS == *:* && ${words[cword]} == *:* ]] && kept="${words[cword]%:*}:"

"""


def _with_colons(script: str) -> str:
    """Return the script for bash, so that it completes words with colons, as ``file.py:function``."""
    script = script.replace("    response=", f"{_JOINED_AT_COLONS}    response=")
    script = script.replace('"${COMP_WORDS[*]}"', '"${words[*]}"').replace("$COMP_CWORD _", "$cword _")
    return script.replace("COMPREPLY+=($value)", 'COMPREPLY+=("${value#"$kept"}")')


@click.command(cls=Command, sends="")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.option("--name", metavar="ALIAS", help="Complete this alias of the command, too.")
def completion(shell: str, name: str | None) -> None:
    """Print the completion script for a shell.

    It completes commands, options, and names and ids from the server.

    \b
    In ~/.bashrc:
      eval "$(pycolonies completion bash)"
    In ~/.zshrc:
      eval "$(pycolonies completion zsh)"
    In ~/.config/fish/config.fish:
      pycolonies completion fish | source
    """  # noqa: D301 (click leaves lines below \b as they are)
    from pycolonies.cli import main

    kind: Any = get_completion_class(shell)
    script: str = kind(main, {}, _PROGRAM, _VARIABLE).source()
    script = script.replace("_complete $1)", f"_complete {_PROGRAM})")  # $1 may be the alias
    if shell == "bash":
        script = _with_colons(script)
    if name is not None:
        before, after = _REGISTERED[shell]
        script = script.replace(before, after.format(name=name))
    click.echo(script)
