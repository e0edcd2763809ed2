"""``pycolonies log``: messages of processes and executors."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._completion import executor_names
from pycolonies.cli._ids import RUNNING_PROCESS, process_id
from pycolonies.cli._times import moment_of_nanoseconds
from pycolonies.cli._views import Block, Column, Lines, Styled, View, identity, raw, table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pycolonies import Log
    from pycolonies.cli._session import Session

#: Seconds between two calls while a log is followed.
_PAUSE = 0.5

_FOUND = [
    Column("TIME", lambda each: moment_of_nanoseconds(each["timestamp"]), rank=1),
    Column("EXECUTOR NAME", "executorname", rank=2, cut=13),
    Column("PROCESSID", identity("processid"), rank=3),
    Column("TEXT", "message", cut=20),
]


@click.group(cls=Group)
def log() -> None:
    """Read, search and add log messages."""


@log.command("add", sends="addlogmsg")
@process_id(RUNNING_PROCESS, required=False)
@click.option(
    "-e", "--executorname", metavar="NAME", shell_complete=executor_names, help="Your executor, instead."
)
@click.option("-m", "--msg", required=True, metavar="TEXT", help="The message.")
@with_session
def add(session: Session, processid: str | None, executorname: str | None, msg: str) -> None:
    """Add a message to the log of a process or executor."""
    if (processid is None) == (executorname is None):
        raise click.UsageError("give --processid or --executorname")
    if processid is not None:
        session.client.add_log(processid, msg)
        session.done("Added log", ProcessID=processid, LogMsg=msg)
    else:
        session.client.add_executor_log(executorname=executorname or "", logmsg=msg)
        session.done("Added log", ExecutorName=executorname, LogMsg=msg)


@log.command("get", examples=("log get 3f2a --follow", "log get --executorname adder-1 --latest --times"))
@process_id(required=False)
@click.option(
    "-e", "--executorname", metavar="NAME", shell_complete=executor_names, help="Name of the executor."
)
@click.option("--count", default=100, show_default=True, metavar="N", help="Show at most N messages.")
@click.option("--since", default=0, metavar="NANOSECONDS", help="Only messages after this time since 1970.")
@click.option("-f", "--first", is_flag=True, help="Show the first messages.")
@click.option("-l", "--latest", is_flag=True, help="Show the newest messages (default).")
@click.option("--follow", is_flag=True, help="Continue until the process ends, or Ctrl-C.")
@click.option("-t", "--times", is_flag=True, help="Show the time of each message.")
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
    """Print the log of a process or executor."""
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
        from pycolonies._futures.following import AT_ONCE

        _follow(session, processid, lambda since: ask(AT_ONCE, since, False), since, times=times)
        return
    newest = not first and not since and (latest or not first)

    def look() -> View:
        found = sorted(ask(count, since, newest), key=lambda each: each["timestamp"])
        return View(found, *([_lines(found, times=times)] if found else []), empty="No logs found")

    session.show(look)


@log.command("search", watch=True)
@click.option("-t", "--text", required=True, metavar="TEXT", help="Text to search for.")
@click.option("-d", "--days", default=1, show_default=True, metavar="N", help="How many days back.")
@click.option("--count", default=10, show_default=True, metavar="N", help="Show at most N messages.")
@click.option("--print", "in_full", is_flag=True, help="Print the messages around each match, too.")
@click.option(
    "--seconds",
    default=1,
    show_default=True,
    metavar="N",
    help="With --print: begin so many seconds before the match.",
)
@with_session
def search(session: Session, text: str, days: int, count: int, in_full: bool, seconds: int) -> None:
    """Find messages that contain a text."""

    def look() -> View:
        found = session.client.search_logs(text=text, days=days, count=count)
        blocks: list[Block] = [table(found, _FOUND)] if found else []
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
    """Return messages as they are, with the line ends that they have."""
    return Lines([_cells(each, times=times) for each in found])


def _cells(entry: Log, *, times: bool) -> list[str | Styled]:
    message = entry["message"].rstrip("\n")
    return [Styled(moment_of_nanoseconds(entry["timestamp"]), "cyan"), message] if times else [message]


def _follow(
    session: Session, processid: str | None, ask: Callable[[int], list[Log]], since: int, *, times: bool
) -> None:
    from pycolonies._futures.following import LogReader

    reader = LogReader(since)
    while True:
        # The state first, then the log, so that the last messages are not missed.
        ended = processid is not None and session.client.get_process(processid).state > session.client.RUNNING
        found = reader.new(ask(reader.since))
        for entry in found:
            if session.json:
                session.print_json(entry, indent=None)
            else:
                session.text(" ".join(raw(cell) for cell in _cells(entry, times=times)))
        if ended and not found:
            return
        if not found:
            time.sleep(_PAUSE)
