"""The command ``pycolonies``, with the grammar of the Colonies CLI.

`_grammar` has the classes that commands are made of, `_session` the client and keys that they work with,
`_views` what they show and `_output` how it is written; a file a subject has the commands.
"""

from __future__ import annotations

import click

from pycolonies.cli._commands import Main

__all__ = ["main"]

#: The subjects, each with its module and its line in the list. A module is loaded when its subject is used.
SUBJECTS: dict[str, tuple[str, str]] = {
    "attribute": ("_attribute", "Note values on a process that runs, and look at them."),
    "blueprint": ("_blueprint", "Describe what things ought to be, and look at what they are."),
    "channel": ("_channel", "Read and write the channels of a process, as its submitter or its executor."),
    "colony": ("_colony", "Add and remove colonies, count what is in them, and pause their assignments."),
    "config": (
        "_config",
        "Show the variables that the command works with; of private keys only the identities.",
    ),
    "cron": ("_cron", "Submit workflows again and again, by a cron expression or every so many seconds."),
    "generator": ("_generator", "Submit workflows when enough arguments have come in, or after a while."),
    "location": ("_location", "Add the places where executors are, and look them up."),
    "log": ("_log", "Read the logs of processes and executors, add to them, and search them."),
    "security": ("_security", "Make private keys, and tell whose identity belongs to one."),
    "server": ("_server", "Ask a server how it is, and change its owner."),
    "user": ("_user", "Add people to a colony, and look them up."),
    "cluster": ("_cluster", "Show the servers of a cluster, as server cluster does."),
    "completion": (
        "_completion",
        "Print the script that completes commands in a shell: options too, and names from the server.",
    ),
    "dev": ("_dev", "Run a Colonies development server until Ctrl-C."),
    "executor": ("_executor", "Add, approve and look at executors."),
    "fs": ("_fs", "Copy and synchronise files of the colony."),
    "function": ("_function", "Call functions, and see which there are."),
    "process": ("_process", "Look at processes, and carry them out by hand."),
    "run": ("_run", "Run a Python function of a file on an executor, and print its result."),
    "version": ("_version", "Show the version of this command; that of a server is in server info."),
    "workflow": ("_workflow", "Submit workflows, watch and draw them."),
}


@click.group(cls=Main, subjects=SUBJECTS)
@click.version_option(package_name="pycolonies", message="%(prog)s %(version)s")
def main() -> None:
    """Work with Colonies (ColonyOS) from the command line.

    A server on this machine: run pycolonies dev, and in a second terminal eval "$(pycolonies dev --env)".
    """
