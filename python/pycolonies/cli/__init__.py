"""The command ``pycolonies``."""

from __future__ import annotations

import click

from pycolonies.cli._dev import dev

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pycolonies", message="%(prog)s %(version)s")
def main() -> None:
    """Work with Colonies (ColonyOS) from the command line."""


main.add_command(dev)
