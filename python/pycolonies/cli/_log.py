"""``pycolonies log``: what processes and executors have to say."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._completion import executor_names, process_ids, running_process_ids
from pycolonies.cli._times import moment_of_nanoseconds
from pycolonies.cli._views import Block, Lines, Styled, Table, View

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pycolonies import Log
    from pycolonies.cli._session import Session

#: Seconds between two looks at a log that is followed, and messages that servers give at once.
_PAUSE = 0.5
_AT_ONCE = 500


@click.group(cls=Group)
def log() -> None:
    """Read the logs of processes and executors, add to them, and search them."""


@log.command("add")
@click.option(
    "-p", "--processid", metavar="ID", shell_complete=running_process_ids, help="Id of the process."
)
@click.option(
    "-e", "--executorname", metavar="NAME", shell_complete=executor_names, help="To this executor's own log."
)
@click.option("-m", "--msg", required=True, help="The message.")
@with_session
def add(session: Session, processid: str | None, executorname: str | None, msg: str) -> None:
    """Add a message to the log of a process, as the executor that runs it, or to your own as an executor."""
    if (processid is None) == (executorname is None):
        raise click.UsageError("give --processid or --executorname")
    if processid is not None:
        session.client.add_log(processid, msg)
        session.done("Added log", ProcessID=processid, LogMsg=msg)
    else:
        session.client.add_executor_log(executorname=executorname or "", logmsg=msg)
        session.done("Added log", ExecutorName=executorname, LogMsg=msg)


@log.command("get")
@click.option("-p", "--processid", metavar="ID", shell_complete=process_ids, help="Id of the process.")
@click.option(
    "-e", "--executorname", metavar="NAME", shell_complete=executor_names, help="Name of the executor."
)
@click.option("--count", default=100, show_default=True, help="How many messages at the most.")
@click.option("--since", default=0, help="Only messages after this time, in nanoseconds since 1970, UTC.")
@click.option("-f", "--first", is_flag=True, help="The first messages.")
@click.option("-l", "--latest", is_flag=True, help="The newest messages; so it is if nothing is said.")
@click.option("--follow", is_flag=True, help="Go on until the process has ended, or until Ctrl-C.")
@click.option("-t", "--times", is_flag=True, help="Put its time before each message.")
@with_session
def get(
    session: Session,
    processid: str | None,
    executorname: str | None,
    count: int,
    since: int,
    first: bool,
    latest: bool,
    follow: bool,
    times: bool,
) -> None:
    """Print the log of a process or an executor."""
    if (processid is None) == (executorname is None):
        raise click.UsageError("give --processid or --executorname")

    def ask(count: int, since: int, newest: bool) -> list[Log]:
        if processid is not None:
            return session.client.get_process_log(
                processid=processid, count=count, since=since, latest=newest
            )
        return session.client.get_executor_log(
            executorname=executorname or "", count=count, since=since, latest=newest
        )

    if follow:
        _follow(session, processid, lambda since: ask(_AT_ONCE, since, False), since, times=times)
        return
    newest = not first and not since and (latest or not first)

    def look() -> View:
        found = sorted(ask(count, since, newest), key=lambda each: each["timestamp"])
        return View(found, *([_lines(found, times=times)] if found else []), empty="No logs found")

    session.show(look)


@log.command("search")
@click.option("-t", "--text", required=True, help="What to look for.")
@click.option("-d", "--days", default=1, show_default=True, help="How many days back.")
@click.option("--count", default=10, show_default=True, help="How many messages at the most.")
@click.option("--print", "in_full", is_flag=True, help="Print what was said around each message, too.")
@click.option(
    "--seconds",
    default=1,
    show_default=True,
    help="With --print: from so many seconds before the message on.",
)
@with_session
def search(session: Session, text: str, days: int, count: int, in_full: bool, seconds: int) -> None:
    """Find messages that contain a text."""

    def look() -> View:
        found = session.client.search_logs(text=text, days=days, count=count)
        rows = [
            (
                moment_of_nanoseconds(each["timestamp"]),
                each["executorname"],
                each["processid"],
                each["message"],
            )
            for each in found
        ]
        blocks: list[Block] = [Table(("TIME", "EXECUTOR NAME", "PROCESSID", "TEXT"), rows)] if rows else []
        if in_full:
            blocks += [_around(session, each, seconds) for each in found]
        return View(found, *blocks, empty=f"No logs with {text!r} found")

    session.show(look)


def _around(session: Session, hit: Log, seconds: int) -> Lines:
    since = hit["timestamp"] - seconds * 1_000_000_000 - 1
    if hit["processid"]:
        found = session.client.get_process_log(processid=hit["processid"], since=since)
        title = f"Process {hit['processid']}"
    else:
        found = session.client.get_executor_log(executorname=hit["executorname"], since=since)
        title = f"Executor {hit['executorname']}"
    return Lines(_lines(found, times=True).lines, title)


def _lines(found: Sequence[Log], *, times: bool) -> Lines:
    """Return messages as they are; executors write ends of lines of their own."""
    return Lines([_cells(each, times=times) for each in found])


def _cells(entry: Log, *, times: bool) -> list[str | Styled]:
    message = entry["message"].rstrip("\n")
    return [Styled(moment_of_nanoseconds(entry["timestamp"]), "cyan"), message] if times else [message]


def _follow(
    session: Session, processid: str | None, ask: Callable[[int], list[Log]], since: int, *, times: bool
) -> None:
    import json

    while True:
        # First whether it has ended, then its log: what was said last is not missed.
        ended = processid is not None and session.client.get_process(processid).state > session.client.RUNNING
        found = ask(since)
        for entry in found:
            line = " ".join(str(getattr(cell, "text", cell)) for cell in _cells(entry, times=times))
            click.echo(json.dumps(entry, ensure_ascii=False) if session.json else line)
            since = max(since, entry["timestamp"])
        if ended and len(found) < _AT_ONCE:
            return
        if not found:
            time.sleep(_PAUSE)
