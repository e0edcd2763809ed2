"""``pycolonies config``: the variables that the command reads."""

from __future__ import annotations

import os

import click

from pycolonies.cli._commands import Command, with_session
from pycolonies.cli._session import Session
from pycolonies.cli._views import Fields, Styled, View

#: Variables that are shown with their values.
_SHOWN = (
    "COLONIES_SERVER_HOST",
    "COLONIES_SERVER_HTTP_PORT",
    "COLONIES_SERVER_PORT",
    "COLONIES_SERVER_TLS",
    "COLONIES_TLS",
    "COLONIES_COLONY_NAME",
    "COLONIES_COLONY_ID",
    "COLONIES_EXECUTOR_NAME",
    "COLONIES_EXECUTOR_TYPE",
    "COLONIES_CLI_ASCII",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "AWS_S3_ENDPOINT",
    "AWS_S3_REGION_KEY",
    "AWS_S3_BUCKET",
    "AWS_S3_TLS",
    "AWS_S3_SKIPVERIFY",
)
_KEYS = ("COLONIES_SERVER_PRVKEY", "COLONIES_COLONY_PRVKEY", "COLONIES_PRVKEY")
_SECRETS = ("AWS_S3_ACCESSKEY", "AWS_S3_SECRETKEY")


@click.command(cls=Command, sends="")
@with_session
def config(session: Session) -> None:
    """Show the variables that the command reads.

    Private keys are shown as the ids that belong to them.
    """
    rows = [(name, os.environ[name]) for name in _SHOWN if name in os.environ]
    rows += [(name, _identity(os.environ[name])) for name in _KEYS if os.getenv(name)]
    rows += [(name, "(set)") for name in _SECRETS if os.getenv(name)]
    unset = [(name, Styled("(not set)", "dim")) for name in _KEYS if not os.getenv(name)]
    session.show(lambda: View(dict(rows), Fields([*rows, *unset])))


def _identity(prvkey: str) -> str:
    from pycolonies import Crypto, InvalidPrivateKeyError

    try:
        return f"(key of {Crypto().id(prvkey)})"
    except InvalidPrivateKeyError:
        return "(set, but not a private key)"
