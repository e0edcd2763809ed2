"""``pycolonies cluster``, the name that ``server cluster`` has in the Colonies CLI."""

from __future__ import annotations

import click

from pycolonies.cli._commands import Group
from pycolonies.cli._server import server


@click.group(cls=Group)
def cluster() -> None:
    """Show the servers of a cluster."""


cluster.add_command(server.commands["cluster"], "info")
