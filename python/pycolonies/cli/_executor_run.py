"""``pycolonies executor run``: run an executor that is written in a file or a module."""

from __future__ import annotations

import gc
import logging
import math
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pycolonies.cli._commands import Plain
from pycolonies.cli._errors import USAGE, CommandError
from pycolonies.cli._numbers import seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pycolonies._executor.executor import Executor

#: Set in the process that `--reload` restarts, so that it does not watch files itself.
_RELOADED = "PYCOLONIES_RELOADED"
_LEVELS = ("debug", "info", "warning", "error")
#: Objects that must be new before the garbage collector runs: more than a burst of calls makes.
_GARBAGE = 20_000


@click.command(
    "run",
    cls=Plain,
    examples=("executor run adder.py --concurrency 4", "executor run myproject.workers:adder --reload"),
)
@click.argument("target", metavar="TARGET")
@click.option(
    "--concurrency",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Calls at a time.",
)
@click.option(
    "--grace",
    type=seconds(),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long running calls may take to finish when it stops.",
)
@click.option(
    "--reload", is_flag=True, help="Restart when a Python file changes; running calls finish first."
)
@click.option(
    "--env-file",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="File with variables, NAME=value, that are set unless they are set already.",
)
@click.option(
    "--log-level",
    type=click.Choice(_LEVELS),
    default="info",
    show_default=True,
    metavar="LEVEL",
    help=f"Least level: one of {', '.join(_LEVELS)}.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    metavar="FORMAT",
    help="Format of logs: text or json.",
)
@click.option("--display", is_flag=True, help="Show a live view in the terminal.")
@click.option(
    "--health-port",
    type=click.IntRange(0, 65535),
    metavar="N",
    help="Serve /health/live, /health/ready and /metrics on this port; 0 takes a free one.",
)
@click.option(
    "--health-host", default="127.0.0.1", show_default=True, metavar="IP", help="Address of the health port."
)
def run(
    target: str,
    concurrency: int,
    grace: float,
    reload: bool,
    env_file: str | None,
    log_level: str,
    log_format: str,
    display: bool,
    health_port: int | None,
    health_host: str,
) -> None:
    """Run an executor of a file or module.

    It runs until Ctrl-C or SIGTERM. TARGET is FILE.py, FILE.py:NAME, MODULE or MODULE:NAME, where NAME is
    the variable that holds the executor. It can be left out if the module has only one. The module is loaded
    up to a line such as executor.run(), which is skipped.
    """
    if env_file is not None:
        _set_variables(env_file)
    if reload and _RELOADED not in os.environ:
        _restart_on_changes(sys.argv[1:], grace)
        return
    if log_format == "json" or log_level != "info" or not sys.stderr.isatty():
        _configure_logging(log_level, log_format)
    thresholds = gc.get_threshold()
    executor = _executor(target)
    if gc.get_threshold() == thresholds:
        _collect_less_often()
    if health_port is not None:
        _serve_health(executor, health_port, health_host)
    if "NOTIFY_SOCKET" in os.environ:
        from pycolonies._executor.observe.systemd import SystemdNotifier

        executor.add_observer(SystemdNotifier())
    executor.run(concurrency, grace=grace, display=display)


def _collect_less_often() -> None:
    """Run the garbage collector less often.

    Calls leave nothing for it, but it visits all that are in flight.
    """
    young, *older = gc.get_threshold()
    if 0 < young < _GARBAGE:
        gc.set_threshold(_GARBAGE, *older)


def _executor(target: str) -> Executor:
    from pycolonies._executor.import_strings import TargetError, find_executor

    try:
        return find_executor(target)
    except TargetError as error:
        raise CommandError(str(error), USAGE) from error.__cause__


def _serve_health(executor: Executor, port: int, host: str) -> None:
    from pycolonies._executor.observe.health import HealthServer

    try:
        health = HealthServer(port, host)
    except OSError as error:
        raise CommandError(
            f"cannot listen on {host}:{port}: {error.strerror}; choose another --health-port", USAGE
        ) from None
    executor.add_observer(health)
    logging.getLogger("pycolonies.executor").info("health at http://%s:%d/health/ready", host, health.port)


def _configure_logging(level: str, style: str) -> None:
    """Write logs to stderr, unless the program has configured logging itself."""
    from pycolonies._executor.observe.logging import JsonFormatter, ProcessFields

    handler = logging.StreamHandler()
    handler.addFilter(ProcessFields())
    if style == "json":
        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler])


def _set_variables(file: str) -> None:
    try:
        from dotenv import dotenv_values
    except ImportError:
        raise CommandError("--env-file needs python-dotenv: pip install 'pycolonies[run]'", USAGE) from None
    for name, value in dotenv_values(file).items():
        if value is not None:
            os.environ.setdefault(name, value)


def _restart_on_changes(arguments: Sequence[str], grace: float) -> None:
    """Run this command in a child process, and restart it when a Python file below this directory changes.

    watchfiles reports changes at once; without it, files are looked at twice a second.
    """
    command = [sys.executable, "-m", "pycolonies", *arguments]
    os.environ[_RELOADED] = "1"
    # SIGINT lets running calls finish for as long as `--grace` allows.
    patience = math.ceil(grace) + 5
    click.echo(f"Watching {Path.cwd()} for changes of Python files", err=True)

    def changed(paths: Iterable[str]) -> None:
        names = ", ".join(sorted(os.path.relpath(path) for path in paths))
        click.echo(f"Restarting: {names}", err=True)

    try:
        from watchfiles import PythonFilter, run_process
    except ImportError:
        from pycolonies.cli import _reload

        _reload.run_process(Path.cwd(), command, grace=patience, changed=changed)
        return
    run_process(
        Path.cwd(),
        target=shlex.join(command),
        target_type="command",
        watch_filter=PythonFilter(),
        sigint_timeout=patience,
        sigkill_timeout=5,
        callback=lambda changes: changed(path for _, path in changes),
    )
