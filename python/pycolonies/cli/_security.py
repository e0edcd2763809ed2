"""``pycolonies security``: private keys and identities. Nothing is sent anywhere."""

from __future__ import annotations

import click

from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._session import Session, Signer
from pycolonies.cli._views import Fields, View


@click.group(cls=Group)
def security() -> None:
    """Make private keys, and tell whose identity belongs to one."""


@security.command("generate", signer=Signer.ANYBODY)
@with_session
def generate(session: Session) -> None:
    """Make a private key, and print it with its identity. Keep the key to yourself."""
    from pycolonies import Crypto

    crypto = Crypto()
    prvkey = crypto.prvkey()
    identity = crypto.id(prvkey)
    session.show(
        lambda: View({"id": identity, "prvkey": prvkey}, Fields([("Id", identity), ("PrvKey", prvkey)]))
    )


@security.command("id", signer=Signer.MEMBER)
@with_session
def identify(session: Session) -> None:
    """Print the identity that belongs to a private key, COLONIES_PRVKEY if no other is given."""
    from pycolonies import Crypto

    identity = Crypto().id(session.key())
    session.show(lambda: View({"id": identity}, Fields([("Id", identity)])))
