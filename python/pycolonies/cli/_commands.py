"""The classes that commands are made of: they add what all commands share."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import click

from pycolonies.cli._errors import USAGE, Fault, explained
from pycolonies.cli._session import Session, Signer

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_YES, _NO = {"true", "t", "1"}, {"false", "f", "0"}


class Shared(click.Option):
    """An option that says something to the session, wherever in the command line it stands."""

    def __init__(self, *declarations: str, field: str, **settings: Any) -> None:
        super().__init__(declarations, callback=self._keep, expose_value=False, **settings)
        self._field = field

    def _keep(self, ctx: click.Context, parameter: click.Parameter, value: object) -> None:  # noqa: ARG002
        if value not in (None, False):
            setattr(ctx.ensure_object(Session), self._field, value)


def _shared(signer: Signer, *, watch: bool) -> list[Shared]:
    """Return the options of every command that talks to a server."""
    options = [
        Shared("--json", field="json", is_flag=True, help="Print JSON, with the protocol's own names."),
        Shared(
            "--host", field="host", metavar="NAME", help="Host of the server. Variable: COLONIES_SERVER_HOST."
        ),
        Shared(
            "--port",
            field="port",
            type=click.IntRange(1, 65535),
            help="Port of the server. Variable: COLONIES_SERVER_PORT.",
        ),
        Shared("--insecure", field="insecure", is_flag=True, help="Speak HTTP, whatever COLONIES_TLS says."),
        Shared("--skip-tls-verify", field="skip_tls_verify", is_flag=True, help="Accept any certificate."),
        Shared(
            "--ca-file",
            field="ca_file",
            type=click.Path(exists=True, dir_okay=False),
            help="PEM file with the certificates to trust, in place of the system's.",
        ),
        Shared(
            "--colonyname",
            "--colonyid",
            field="given_colony",
            metavar="NAME",
            help="Name of the colony. Variable: COLONIES_COLONY_NAME.",
        ),
        Shared("-v", "--verbose", field="verbose", is_flag=True, help="Show the exchange; keys are masked."),
    ]
    if signer is not Signer.ANYBODY:
        options.append(
            Shared(
                *signer.options,
                field="given_key",
                metavar="KEY",
                help=f"Private key of {signer.whose}. Variable: {signer.variable}, which others cannot see.",
            )
        )
    if watch:
        options.insert(
            1,
            Shared(
                "--watch",
                field="watch",
                is_flag=False,
                flag_value=2.0,
                type=click.FloatRange(min=0.1),
                metavar="[SECONDS]",
                help="Show it again and again, every 2 seconds if nothing else is said, until Ctrl-C.",
            ),
        )
    return options


class _Plain(click.Command):
    """What commands and groups share."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the command line; what is wrong with it is told in one line."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as wrong:
            path = f"{parent.command_path} {info_name}" if parent else info_name
            raise Fault(f"{wrong.format_message().rstrip('.')}; see {path} --help", USAGE) from None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the command line; flags may be written as ``--flag=false``, too."""
        return super().parse_args(ctx, _without_values_of_flags(self, ctx, args))


class Command(_Plain):
    """A command that talks to a server, with a `Session` in its first argument (`with_session`).

    Args:
        signer: Whose key signs what it sends.
        watch: It shows something that may be shown again and again: add ``--watch``.
        settings: Those of `click.Command`.
    """

    def __init__(
        self,
        *args: Any,
        signer: Signer = Signer.MEMBER,
        watch: bool = False,
        **settings: Any,
    ) -> None:
        settings["context_settings"] = {**_SETTINGS, **(settings.get("context_settings") or {})}
        super().__init__(*args, **settings)
        self.signer = signer
        _add(self, _shared(signer, watch=watch))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options first, then those of every command."""
        _format_options(self, ctx, formatter)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what goes wrong becomes one line and an exit code."""
        session = ctx.ensure_object(Session)
        session.signer = self.signer
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(130)
        except Exception as fault:
            if known := explained(fault, session):
                raise known from None
            raise


class Group(_Plain, click.Group):
    """A subject: its commands are `Command`s, and the options of every command may stand before them, too."""

    command_class = Command
    group_class: type[click.Group] | type | None = type  # the groups below are of this class

    def __init__(self, *args: Any, **settings: Any) -> None:
        settings["context_settings"] = {**_SETTINGS, **(settings.get("context_settings") or {})}
        settings.setdefault("no_args_is_help", True)
        super().__init__(*args, **settings)
        shared = _shared(Signer.MEMBER, watch=False)
        for option in shared:
            option.hidden = True
        _add(self, shared)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; an unknown one is told with what may have been meant."""
        if args and args[0] == "help":
            args = [*args[1:], "--help"]
            if len(args) == 1:
                click.echo(ctx.get_help())
                ctx.exit()
        name = args[0] if args else ""
        if self.get_command(ctx, name) is None and not name.startswith("-") and not ctx.resilient_parsing:
            near = difflib.get_close_matches(name, self.list_commands(ctx))
            hint = f"; did you mean {near[0]}?" if near else f"; see {ctx.command_path} --help"
            raise Fault(f"there is no command {name!r}{hint}", USAGE)
        return super().resolve_command(ctx, args)


class Main(Group):
    """The command itself, which loads a subject when it is used.

    Args:
        subjects: For each name the module that has the command of that name, and its line in the list.
        settings: Those of `click.Group`.
    """

    def __init__(self, *args: Any, subjects: dict[str, tuple[str, str]], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.subjects = subjects

    def make_context(self, *args: Any, **settings: Any) -> click.Context:
        """Open a context with a session of its own."""
        settings.setdefault("obj", Session())
        return super().make_context(*args, **settings)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of all subjects."""
        return sorted(self.subjects)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command of a subject."""
        if cmd_name not in self.subjects:
            return None
        module = import_module(f"pycolonies.cli.{self.subjects[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the subjects without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in sorted(self.subjects.items())])


with_session = click.make_pass_decorator(Session, ensure=True)


def listed(ctx: click.Context, parameter: click.Parameter, value: Sequence[str]) -> list[str]:  # noqa: ARG001
    """Read an option that may be given several times, and each time with values between commas.

    As in the Colonies CLI the values are those of a line of CSV: ``--args 'a,"b,c"'`` are two.
    """
    return [item for line in csv.reader(value) for item in line]


def several(*declarations: str, **settings: Any) -> Callable[[Any], Any]:
    """Add an option that is read by `listed`."""
    return click.option(*declarations, multiple=True, callback=listed, **settings)


def _add(command: click.Command, shared: list[Shared]) -> None:
    """Add shared options, but for those of which the command has one of the same name."""
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
            return [*kept, *args[position:]]  # what follows is for others
        name, equals, value = argument.partition("=")
        if not equals or name not in flags or value.lower() not in _YES | _NO:
            kept.append(argument)
        elif value.lower() in _YES:
            kept.append(name)
        else:
            kept += flags[name].secondary_opts[:1]
    return kept


def _format_options(command: click.Command, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    own: list[tuple[str, str]] = []
    shared: list[tuple[str, str]] = []
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record is not None:
            (shared if isinstance(parameter, Shared) else own).append(record)
    for title, records in (("Options", own), ("Options of every command", shared)):
        if records:
            with formatter.section(title):
                formatter.write_dl(records)
