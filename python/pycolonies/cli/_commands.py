"""The classes of commands: they add what all commands share."""

from __future__ import annotations

import csv
import difflib
import inspect
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from pycolonies._rpc.signers import signers_of
from pycolonies._shown import looks_like_key
from pycolonies.cli._errors import USAGE, CommandError, explained
from pycolonies.cli._ids import Kind, Positional
from pycolonies.cli._options import Shared, shared_options
from pycolonies.cli._session import Session, Signer
from pycolonies.cli._streams import guarded

_MAX_WIDTH, _MIN_WIDTH = 100, 20
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": _MAX_WIDTH}
#: Words of a command line; blanks between quotes separate none.
_WORD = re.compile(r"""(?:[^\s"']|"[^"]*"|'[^']*')+""")
_YES, _NO = {"true", "t", "1"}, {"false", "f", "0"}


class _Context(click.Context):
    def make_formatter(self) -> click.HelpFormatter:
        """Return a formatter as wide as the terminal; click's own is 50 wide at least."""
        columns = self.terminal_width or shutil.get_terminal_size().columns
        width = max(min(columns, self.max_content_width or _MAX_WIDTH) - 2, _MIN_WIDTH)
        return self.formatter_class(width=width)


class Plain(click.Command):
    """Shared by commands and groups: errors of one shape, whole sentences in lists, examples.

    Args:
        examples: Command lines for the end of the help, without the name of the program.
        settings: Those of `click.Command`.
    """

    context_class = _Context

    def __init__(self, *args: Any, examples: Sequence[str] = (), **settings: Any) -> None:
        settings["context_settings"] = {**_SETTINGS, **(settings.get("context_settings") or {})}
        super().__init__(*args, **settings)
        self.examples = examples

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the command line; report an error in it on one line."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as wrong:
            raise _usage(wrong, f"{parent.command_path} {info_name}" if parent else info_name) from None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the command line; flags may be written as ``--flag=false``, and options as arguments."""
        rest = super().parse_args(ctx, _without_values_of_flags(self, ctx, args))
        for parameter in self.params:
            if isinstance(parameter, Positional):
                parameter.merge(ctx)
        return rest

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; report an error in its command line on one line."""
        try:
            return super().invoke(ctx)
        except click.UsageError as wrong:
            raise _usage(wrong, ctx.command_path) from None

    def get_short_help_str(self, limit: int = 0) -> str:
        """Return the first sentence of the help, whole."""
        if self.short_help:
            return self.short_help
        return " ".join(inspect.cleandoc(self.help or "").partition("\n\n")[0].split())

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line; in a terminal too narrow for it, two lines."""
        if len(f"Usage: {ctx.command_path}") <= formatter.width:
            super().format_usage(ctx, formatter)
        else:
            pieces = " ".join(self.collect_usage_pieces(ctx))
            formatter.write(f"Usage:\n  {ctx.command_path}\n      {pieces}\n")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options in groups, the command's own first."""
        _format_options(self, ctx, formatter)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        super().format_epilog(ctx, formatter)
        if self.examples:
            with formatter.section("Examples"):
                for example in self.examples:
                    for line in _folded(f"pycolonies {example}", formatter.width - formatter.current_indent):
                        formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


class Command(Plain):
    """A command that talks to a server, with a `Session` in its first argument (`with_session`).

    Args:
        sends: Type of a message that it sends, which tells whose key signs. By default a member's; empty for
            commands that need no key.
        watch: It shows a view: add ``--watch``, ``--wide`` and ``--ids``.
        settings: Those of `Plain`.
    """

    def __init__(
        self,
        *args: Any,
        sends: str | None = None,
        watch: bool = False,
        **settings: Any,
    ) -> None:
        super().__init__(*args, **settings)
        self.signer = Signer.MEMBER if sends is None else Signer.of(sends) if sends else Signer.ANYBODY
        known = signers_of(sends or "")
        self.signed_by = known.who if known is not None else self.signer.whose
        _add(self, shared_options(self.signer, self.signed_by, view=watch))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error becomes one line and an exit code."""
        session = ctx.ensure_object(Session)
        session.signer = self.signer
        self._refuse_keys(ctx, session)
        try:
            for parameter in self.params:
                if isinstance(parameter.type, Kind) and ctx.params.get(parameter.name or ""):
                    text = ctx.params[parameter.name or ""]
                    ctx.params[parameter.name or ""] = parameter.type.resolve(session, text)
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(130)
        except Exception as fault:
            if known := explained(fault, session):
                raise known from None
            raise

    def _refuse_keys(self, ctx: click.Context, session: Session) -> None:
        """Refuse a private key in the place of another value: it would be sent."""
        keys = [key.strip() for key in session.secrets() if looks_like_key(key.strip())]
        for parameter in self.params if keys else ():
            if isinstance(parameter, Shared):
                given = "" if parameter.field == "given_key" else getattr(session, parameter.field)
            else:
                given = ctx.params.get(parameter.name or "")
            texts = [str(each) for each in (given if isinstance(given, (list, tuple)) else [given])]
            if any(key in text for key in keys for text in texts):
                raise CommandError(
                    f"{parameter.opts[-1]} must not be a private key; for the id of a key see "
                    "pycolonies security id",
                    USAGE,
                )


class Group(Plain, click.Group):
    """A subject: its commands are `Command`s, and the options of every command may stand before them, too."""

    command_class = Command
    group_class = type  # the groups below are of this class

    def __init__(self, *args: Any, **settings: Any) -> None:
        settings.setdefault("no_args_is_help", True)
        super().__init__(*args, **settings)
        shared = shared_options(Signer.MEMBER, Signer.MEMBER.whose, view=False)
        for option in shared:
            option.hidden = True
        _add(self, shared)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; the error about an unknown one suggests a similar name."""
        if args and args[0] == "help":
            args = [*args[1:], "--help"]
            if len(args) == 1:
                click.echo(ctx.get_help())
                ctx.exit()
        name = args[0] if args else ""
        if self.get_command(ctx, name) is None and not name.startswith("-") and not ctx.resilient_parsing:
            near = difflib.get_close_matches(name, self.list_commands(ctx))
            hint = f"; did you mean {near[0]}?" if near else f"; see {ctx.command_path} --help"
            raise CommandError(f"no such command: {name!r}{hint}", USAGE)
        return super().resolve_command(ctx, args)


class Main(Group):
    """The command itself, which loads a subject when it is used.

    Args:
        subjects: For each name the module that has the command of that name, and its line in the list.
        sections: The names of subjects under each heading of the list.
        settings: Those of `click.Group`.
    """

    def __init__(
        self,
        *args: Any,
        subjects: Mapping[str, tuple[str, str]],
        sections: Mapping[str, Sequence[str]],
        **settings: Any,
    ) -> None:
        super().__init__(*args, **settings)
        self.subjects = subjects
        self.sections = sections

    def make_context(self, *args: Any, **settings: Any) -> click.Context:
        """Open a context with its own session."""
        settings.setdefault("obj", Session())
        return super().make_context(*args, **settings)

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the command."""
        with guarded():
            return super().main(*args, **extra)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all subjects."""
        return sorted(self.subjects)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a subject."""
        if cmd_name not in self.subjects:
            return None
        module = import_module(f"pycolonies.cli.{self.subjects[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subjects under their headings, without loading them."""
        width = max(map(len, self.subjects))
        for heading, names in self.sections.items():
            with formatter.section(heading):
                formatter.write_dl([(f"{name:<{width}}", self.subjects[name][1]) for name in names])


with_session = click.make_pass_decorator(Session, ensure=True)


def listed(ctx: click.Context, parameter: click.Parameter, value: Sequence[str]) -> list[str]:
    """Read an option that may be given several times, and each time with values between commas.

    As in the Colonies CLI the values are those of a line of CSV: ``--args 'a,"b,c"'`` are two.
    """
    return [item for line in csv.reader(value) for item in line]


def several(*declarations: str, **settings: Any) -> Callable[[Any], Any]:
    """Add an option that is read by `listed`."""
    return click.option(*declarations, multiple=True, callback=listed, **settings)


def _usage(wrong: click.UsageError, path: str | None) -> CommandError:
    text = wrong.format_message().rstrip(".").replace(". Did you mean", "; did you mean")
    return CommandError(text if text.endswith("?") else f"{text}; see {path} --help", USAGE)


def _add(command: click.Command, shared: list[Shared]) -> None:
    """Add shared options, except names that the command uses for its own."""
    own = {text for parameter in command.params for text in parameter.opts}
    for option in shared:
        option.opts = [text for text in option.opts if text not in own]
        if option.opts:
            command.params.append(option)


def _without_values_of_flags(command: click.Command, ctx: click.Context, args: list[str]) -> list[str]:
    flags = {
        text: parameter
        for parameter in command.get_params(ctx)
        if isinstance(parameter, click.Option) and parameter.is_flag
        for text in parameter.opts
    }
    kept: list[str] = []
    for position, argument in enumerate(args):
        if argument == "--" or (isinstance(command, click.Group) and not argument.startswith("-")):
            return [*kept, *args[position:]]  # what follows belongs to others
        name, equals, value = argument.partition("=")
        if not equals or name not in flags or value.lower() not in _YES | _NO:
            kept.append(argument)
        elif value.lower() in _YES:
            kept.append(name)
        else:
            kept += flags[name].secondary_opts[:1]
    return kept


def _folded(line: str, width: int) -> list[str]:
    """Return a command line in lines that a shell reads as one."""
    lines: list[str] = []
    for word in _WORD.findall(line):
        last = lines[-1] if lines else ""
        if lines and len(f"{last} {word} \\") <= width + (2 if line.endswith(word) else 0):
            lines[-1] = f"{last} {word}"
        else:
            lines.append(f"    {word}" if lines else word)
    return [f"{each} \\" for each in lines[:-1]] + lines[-1:]


def _format_options(command: click.Command, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    groups: dict[str, list[tuple[str, str]]] = {"Options": []}
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record is not None:
            title = parameter.group if isinstance(parameter, Shared) else "Options"
            groups.setdefault(title, []).append(record)
    for title, records in groups.items():
        if records:
            with formatter.section(title):
                formatter.write_dl(records, col_max=min(26, formatter.width // 2))
