"""Write ``docs/cli.md``, what every command does and takes, from the code: just run this file."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from pycolonies.cli import main
from pycolonies.cli._errors import EXIT_CODES
from pycolonies.cli._options import Shared
from pycolonies.cli._session import Signer

TARGET = Path(__file__).parents[1] / "docs" / "cli.md"

HEADER = """\
# The command `pycolonies`

Written by `tools/write_cli_docs.py`; do not edit.

Its grammar is that of the Colonies CLI: `alias colonies=pycolonies` is enough.
A subject, what to do, options:

```console
eval "$(pycolonies dev --env)"     # in the second terminal, with pycolonies dev in the first
pycolonies process psw --watch
```

**Output.** A terminal gets boxes and colors that fit its width: long values are cut, the least
important columns dropped, and ids shortened. `--wide` shows all columns in full, `--ids` full ids.
`COLONIES_CLI_ASCII=true` draws with `+`, `-` and `|`, and `NO_COLOR=1` leaves colors out. A pipe gets
columns with two spaces between them and `-` for empty values; no line is folded and no value shortened.
`--json` prints the server's records, with the protocol's own names. Results go to stdout, messages to
stderr. Times are in the local zone.

**Ids.** Any unique prefix stands for an id, as in git and docker; an ambiguous one lists the
candidates. Ids and names may be given as arguments or as options: `process get 3f2a` and `process get
-p 3f2a` are the same.

**Text from other people** is safe to print: control characters are written out, as `\\x1b`, and colors
are dropped. `--json` has the exact values.

**Full screen.** `process top`, `executor top` and `--watch` use the alternate screen. Arrows select a
row, enter opens it, `/` filters, `s` sorts, `S` reverses, `c` cancels a process after a question, `q`
quits. The design is in [design/command.md](design/command.md), pictures are in
[screens.md](screens.md).
"""


def commands(
    group: click.Group = main, path: tuple[str, ...] = ()
) -> Iterator[tuple[list[str], click.Command]]:
    """Yield each command that is no group, with the words that lead to it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        elif command is not None and not command.hidden:
            yield [*path, name], command


def groups(group: click.Group = main, path: tuple[str, ...] = ()) -> Iterator[list[str]]:
    """Yield the words that lead to each group of commands."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield [*path, name]
            yield from groups(command, (*path, name))


def write() -> str:
    """Return the document's text."""
    lines = [HEADER, *_exit_codes(), *_shared()]
    subject = ""
    for path, command in commands():
        if path[0] != subject:
            subject = path[0]
            lines += [f"## {subject}", ""]
        lines += _command(path, command)
    return "\n".join(lines).rstrip() + "\n"


def _exit_codes() -> list[str]:
    rows = [f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()]
    return ["## Exit codes", "", "| code | means |", "| --- | --- |", *rows, ""]


def _shared() -> list[str]:
    found = {
        parameter.opts[0]: parameter
        for _, command in commands()
        for parameter in command.params
        if isinstance(parameter, Shared) and parameter.opts[-1] != "--prvkey"
    }
    keys = [
        f"| `{', '.join(signer.options)} KEY` "
        f"| Private key of {signer.whose}. Variable: `{signer.variable}`. |"
        for signer in Signer
        if signer.options
    ]
    return [
        "## Options of every command",
        "",
        "They may also stand before the subject or before what to do. `--watch` is for what can change.",
        "",
        *_options(list(found.values())),
        *keys,
        "",
        "A command takes the key that signs what it sends; below stands whose that is.",
        "",
    ]


def _command(path: list[str], command: click.Command) -> list[str]:
    context = click.Context(command, info_name=" ".join(["pycolonies", *path]))
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [f"### {' '.join(path)}", "", "```text", f"{context.command_path} {usage}", "```", ""]
    lines += _help(command.help or "")
    own = [
        parameter
        for parameter in command.params
        if isinstance(parameter, click.Option) and not isinstance(parameter, Shared) and not parameter.hidden
    ]
    if own:
        lines += [*_options(own), ""]
    signer = getattr(command, "signer", Signer.ANYBODY)
    if signer is not Signer.ANYBODY:
        lines += [f"Signed by {getattr(command, 'signed_by', signer.whose)}.", ""]
    return lines


def _help(text: str) -> list[str]:
    lines: list[str] = []
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.startswith("\b\n"):  # to be shown as it is
            lines += ["```text", *paragraph.splitlines()[1:], "```", ""]
        else:
            lines += [" ".join(paragraph.split()), ""]
    return lines


def _options(options: list[click.Option]) -> list[str]:
    rows = ["| option | |", "| --- | --- |"]
    for option in options:
        context = click.Context(main, show_default=False)
        record = option.get_help_record(context)
        if record is not None:
            names, text = (part.replace("|", "\\|") for part in record)
            rows.append(f"| `{names}` | {text} |")
    return rows


if __name__ == "__main__":
    TARGET.write_text(write())
