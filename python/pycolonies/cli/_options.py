"""The options of every command that talks to a server."""

from __future__ import annotations

from typing import Any

import click

from pycolonies.cli._numbers import seconds
from pycolonies.cli._session import Session, Signer

#: Headings of the options in a help.
OUTPUT, CONNECTION = "Output", "Connection and identity"


class Shared(click.Option):
    """An option that sets a field of the session, wherever in the command line it stands.

    Args:
        declarations: Names of the option.
        field: The session's field.
        group: Its heading in the help.
        settings: Those of `click.Option`.
    """

    def __init__(self, *declarations: str, field: str, group: str, **settings: Any) -> None:
        super().__init__(declarations, callback=self._keep, expose_value=False, **settings)
        self.group = group
        self.field = field

    def _keep(self, ctx: click.Context, parameter: click.Parameter, value: object) -> None:
        if value not in (None, False):
            setattr(ctx.ensure_object(Session), self.field, value)


def shared_options(signer: Signer, signed_by: str, *, view: bool) -> list[Shared]:
    """Return the options of every command.

    Args:
        signer: Whose key signs the command's messages.
        signed_by: The same in words.
        view: The command shows a view.
    """
    return [
        *_output(view=view),
        Shared(
            "--host", field="host", group=CONNECTION, metavar="NAME",
            help="Host of the server (COLONIES_SERVER_HOST).",
        ),
        Shared(
            "--port", field="port", group=CONNECTION, type=click.IntRange(1, 65535), metavar="N",
            help="Port of the server (COLONIES_SERVER_PORT).",
        ),
        Shared(
            "--insecure", field="insecure", group=CONNECTION, is_flag=True,
            help="Use HTTP instead of HTTPS, whatever COLONIES_TLS says.",
        ),
        Shared(
            "--skip-tls-verify", field="skip_tls_verify", group=CONNECTION, is_flag=True,
            help="Accept any certificate.",
        ),
        Shared(
            "--ca-file", field="ca_file", group=CONNECTION, metavar="FILE",
            type=click.Path(exists=True, dir_okay=False),
            help="Trust the certificates in this PEM file instead of the system's.",
        ),
        Shared(
            "--colonyname", "--colonyid", field="given_colony", group=CONNECTION, metavar="NAME",
            help="Name of the colony (COLONIES_COLONY_NAME).",
        ),
        *([] if signer is Signer.ANYBODY else [_key(signer, signed_by)]),
    ]  # fmt: skip


def _output(*, view: bool) -> list[Shared]:
    options = [
        Shared("--json", field="json", group=OUTPUT, is_flag=True, help="Print the server's records as JSON.")
    ]
    if view:
        options += [
            Shared(
                "--watch", field="watch", group=OUTPUT, is_flag=False, flag_value=2.0, metavar="[SECONDS]",
                type=seconds(0.1), help="Update the view every 2 seconds, or as given.",
            ),
            Shared(
                "-w", "--wide", field="wide", group=OUTPUT, is_flag=True,
                help="Show all columns in full.",
            ),
            Shared("-i", "--ids", field="ids", group=OUTPUT, is_flag=True, help="Show ids in full."),
        ]  # fmt: skip
    verbose = Shared(
        "-v", "--verbose", field="verbose", group=OUTPUT, is_flag=True,
        help="Show messages and replies; keys are masked.",
    )  # fmt: skip
    return [*options, verbose]


def _key(signer: Signer, signed_by: str) -> Shared:
    return Shared(
        *signer.options, field="given_key", group=CONNECTION, metavar="KEY",
        help=f"Private key of {signed_by} ({signer.variable}).",
    )  # fmt: skip
