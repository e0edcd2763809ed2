"""The command ``pycolonies``, with the grammar of the Colonies CLI.

`_commands` has the classes of commands, `_options` and `_ids` their options, `_session` the client and keys,
`_views` what commands show, `_output`, `_draw` and `_screen` where and how; each subject has a file.
"""

from __future__ import annotations

import click

from pycolonies.cli._commands import Main

__all__ = ["main"]

#: The subjects, each with its module and its line in the list. A module is loaded when its subject is used.
SUBJECTS: dict[str, tuple[str, str]] = {
    "attribute": ("_attribute", "Store values with a running process, and read them."),
    "blueprint": ("_blueprint", "Describe a desired state, and compare it with the actual one."),
    "channel": ("_channel", "Exchange messages with a running process."),
    "cluster": ("_cluster", "Show the servers of a cluster."),
    "colony": ("_colony", "Manage colonies, and pause their assignments."),
    "completion": ("_completion", "Print the completion script for a shell."),
    "config": ("_config", "Show the variables that the command reads."),
    "cron": ("_cron", "Submit workflows on a schedule."),
    "dev": ("_dev", "Run a development server."),
    "executor": ("_executor", "Manage executors, and watch them work."),
    "fs": ("_fs", "Copy and synchronise the colony's files."),
    "function": ("_function", "Call functions, and list them."),
    "generator": ("_generator", "Submit workflows for every N arguments."),
    "location": ("_location", "Manage the locations of executors."),
    "log": ("_log", "Read, search and add log messages."),
    "process": ("_process", "List, inspect and manage processes."),
    "run": ("_run", "Run a Python function of a file on an executor."),
    "security": ("_security", "Create private keys, and show their ids."),
    "server": ("_server", "Check a server, and change its owner."),
    "user": ("_user", "Manage the colony's users."),
    "version": ("_version", "Show the version of this command."),
    "workflow": ("_workflow", "Submit, watch and draw workflows."),
}

#: The headings of the list, each with its subjects.
SECTIONS: dict[str, tuple[str, ...]] = {
    "Work": ("run", "function", "process", "workflow", "log", "channel", "attribute"),
    "Schedules": ("cron", "generator", "blueprint"),
    "Files": ("fs",),
    "People and executors": ("colony", "user", "executor", "location"),
    "Server": ("dev", "server", "cluster"),
    "You": ("config", "security", "completion", "version"),
}


@click.group(
    cls=Main,
    subjects=SUBJECTS,
    sections=SECTIONS,
    examples=("function exec --func add --targettype adder --args 1,2 --out", "process ps --watch"),
)
@click.version_option(package_name="pycolonies", message="%(prog)s %(version)s")
def main() -> None:
    """Work with Colonies (ColonyOS) from the command line.

    For a server on this machine, run pycolonies dev, and in a second terminal:

    \b
    eval "$(pycolonies dev --env)"
    """  # noqa: D301 (click leaves lines below \b as they are)
