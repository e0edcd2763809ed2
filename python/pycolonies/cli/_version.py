"""``pycolonies version``."""

from __future__ import annotations

import platform

import click

from pycolonies.cli._commands import Command, with_session
from pycolonies.cli._session import Session
from pycolonies.cli._views import Fields, View


@click.command(cls=Command, sends="")
@with_session
def version(session: Session) -> None:
    """Show the version of this command.

    The version of a server is in server info.
    """
    from pycolonies import __version__

    python = platform.python_version()
    rows = [("Version", __version__), ("Python", python), ("Platform", platform.platform())]
    data = {"version": __version__, "python": python, "platform": platform.platform()}
    session.show(lambda: View(data, Fields(rows)))
