"""``pycolonies channel``: messages between a running process and its submitter."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._ids import OPEN_PROCESS, process_id
from pycolonies.cli._numbers import seconds
from pycolonies.cli._views import Column, View, identity, listing, time_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycolonies import ChannelEntry
    from pycolonies.cli._session import Session

_MESSAGE = [
    Column("SEQUENCE", "sequence"),
    Column("TIME", time_of("timestamp"), rank=2),
    Column("SENDER", identity("senderid"), rank=1),
    Column("REPLY TO", lambda each: each.get("inreplyto") or "", rank=4),
    Column("TYPE", "type", rank=3, cut=4),
    Column("PAYLOAD", lambda each: _text(each["payload"]), cut=20),
]


@click.group(cls=Group)
def channel() -> None:
    """Exchange messages with a running process."""


def _place(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that name a channel."""
    command = click.option("--name", required=True, help="Name of the channel.")(command)
    placed: Callable[..., Any] = process_id(OPEN_PROCESS)(command)
    return placed


@channel.command("append", sends="channelappendmsg")
@_place
@click.option("-m", "--msg", required=True, metavar="TEXT", help="The message; - reads it from stdin.")
@click.option(
    "--sequence", type=click.IntRange(min=0), metavar="N", help="Its number; the sender's next by default."
)
@click.option("--inreplyto", type=int, default=0, metavar="N", help="Number of the message that it answers.")
@click.option("--type", "kind", default="", help="Type: data, end or error.")
@with_session
def append(
    session: Session, processid: str, name: str, msg: str, sequence: int | None, inreplyto: int, kind: str
) -> None:
    """Add a message to a channel."""
    client = session.client
    if sequence is None:
        sequence = _next(session, client.channel_read(processid, name, 0, 0))
    payload: str | bytes = sys.stdin.buffer.read() if msg == "-" else msg
    client.channel_append(processid, name, sequence, payload, in_reply_to=inreplyto, payload_type=kind)
    session.done("Message added", ProcessID=processid, Channel=name, Sequence=sequence)


@channel.command("read", sends="channelreadmsg", watch=True)
@_place
@click.option(
    "--after", type=click.IntRange(min=0), default=0, metavar="N", help="Skip the first N messages."
)
@click.option(
    "--count", type=click.IntRange(min=0), default=0, metavar="N", help="Show at most N; 0 shows all."
)
@with_session
def read(session: Session, processid: str, name: str, after: int, count: int) -> None:
    """Show the messages of a channel."""

    def look() -> View:
        found = session.client.channel_read(processid, name, after, count)
        return listing(found, _MESSAGE, empty="No messages found")

    session.show(look)


@channel.command("follow", sends="subscribechannelmsg")
@_place
@click.option(
    "--after", type=click.IntRange(min=0), default=0, metavar="N", help="Skip the first N messages."
)
@click.option("--timeout", type=seconds(), metavar="SECONDS", help="Stop after this time without a message.")
@with_session
def follow(session: Session, processid: str, name: str, after: int, timeout: float | None) -> None:
    """Print messages as they arrive, until the process ends."""
    for entry in session.client.follow_channel(processid, name, after_seq=after, timeout=timeout):
        if session.json:
            session.print_json(entry, indent=None)
        elif entry.get("error"):
            session.warn(str(entry["error"]), ProcessID=processid)
        else:
            session.text(_text(entry["payload"]))


def _next(session: Session, found: list[ChannelEntry]) -> int:
    """Return the number of the signer's next message: each sender counts separately."""
    from pycolonies import Crypto

    own = Crypto().id(session.key())
    return max((each["sequence"] for each in found if each["senderid"] == own), default=0) + 1


def _text(payload: bytes) -> str:
    r"""Return a payload as text; bytes that are not UTF-8 become escapes such as ``\xff``."""
    return payload.decode("utf-8", errors="backslashreplace")
