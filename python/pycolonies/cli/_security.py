"""``pycolonies security``: private keys and their ids. Nothing is sent."""

from __future__ import annotations

import click

from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._session import Session
from pycolonies.cli._views import Fields, View


@click.group(cls=Group)
def security() -> None:
    """Create private keys, and show their ids."""


@security.command("generate", sends="")
@with_session
def generate(session: Session) -> None:
    """Create a private key, and print it with its id."""
    from pycolonies import Crypto

    crypto = Crypto()
    prvkey = crypto.prvkey()
    identity = crypto.id(prvkey)
    session.show(
        lambda: View({"id": identity, "prvkey": prvkey}, Fields([("Id", identity), ("PrvKey", prvkey)]))
    )


@security.command("id")
@with_session
def identify(session: Session) -> None:
    """Print the id of a private key.

    The key is that of --prvkey, or else of the variable COLONIES_PRVKEY.
    """
    from pycolonies import Crypto

    identity = Crypto().id(session.key())
    session.show(lambda: View({"id": identity}, Fields([("Id", identity)])))
