"""The command ``pycolonies``, with the grammar of the Colonies CLI.

`_grammar` has the classes that commands are made of, `_session` the client and keys that they work with,
`_views` what they show and `_output` how it is written; a file a subject has the commands.
"""

from __future__ import annotations

import click

from pycolonies.cli._grammar import Main

__all__ = ["main"]

#: The subjects, each with its module and its line in the list. A module is loaded when its subject is used.
SUBJECTS: dict[str, tuple[str, str]] = {
    "completion": (
        "_completion",
        "Print the script that completes commands in a shell: options too, and names from the server.",
    ),
    "dev": ("_dev", "Run a Colonies development server until Ctrl-C."),
    "process": ("_process", "Look at processes, and carry them out by hand."),
}


@click.group(cls=Main, subjects=SUBJECTS)
@click.version_option(package_name="pycolonies", message="%(prog)s %(version)s")
def main() -> None:
    """Work with Colonies (ColonyOS) from the command line.

    A server on this machine: run pycolonies dev, and in a second terminal eval "$(pycolonies dev --env)".
    """
