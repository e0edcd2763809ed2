"""``pycolonies channel``: messages between a process and who submitted it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._completion import open_process_ids
from pycolonies.cli._times import moment
from pycolonies.cli._views import Styled, Table, View, plain_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycolonies import ChannelEntry
    from pycolonies.cli._session import Session


@click.group(cls=Group)
def channel() -> None:
    """Read and write the channels of a process, as its submitter or its executor."""


def _place(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that name a channel."""
    command = click.option("--name", required=True, help="Name of the channel.")(command)
    return click.option(
        "-p",
        "--processid",
        required=True,
        metavar="ID",
        shell_complete=open_process_ids,
        help="Id of the process.",
    )(command)


@channel.command("append")
@_place
@click.option("-m", "--msg", required=True, help="The message; - reads it from stdin.")
@click.option("--sequence", type=click.IntRange(min=0), help="Its number; by default the sender's next.")
@click.option("--inreplyto", type=int, default=0, help="Number of the message that it answers.")
@click.option("--type", "kind", default="", help="What kind of message: data, end or error.")
@with_session
def append(
    session: Session, processid: str, name: str, msg: str, sequence: int | None, inreplyto: int, kind: str
) -> None:
    """Write a message into a channel."""
    client = session.client
    if sequence is None:
        sequence = _next(session, client.channel_read(processid, name, 0, 0))
    payload: str | bytes = sys.stdin.buffer.read() if msg == "-" else msg
    client.channel_append(processid, name, sequence, payload, in_reply_to=inreplyto, payload_type=kind)
    session.done("Message added", ProcessID=processid, Channel=name, Sequence=sequence)


@channel.command("read", watch=True)
@_place
@click.option("--after", type=click.IntRange(min=0), default=0, help="Leave out so many messages.")
@click.option("--count", type=click.IntRange(min=0), default=0, help="How many at the most; 0 for all.")
@with_session
def read(session: Session, processid: str, name: str, after: int, count: int) -> None:
    """Show the messages that are in a channel."""

    def look() -> View:
        found = session.client.channel_read(processid, name, after, count)
        rows = [
            (
                str(each["sequence"]),
                moment(each["timestamp"]),
                each["senderid"],
                str(each.get("inreplyto") or ""),
                each.get("type", ""),
                _text(each["payload"]),
            )
            for each in found
        ]
        table = Table(("SEQUENCE", "TIME", "SENDER", "REPLY TO", "TYPE", "PAYLOAD"), rows)
        return View(found, *([table] if rows else []), empty="No messages found")

    session.show(look)


@channel.command("follow")
@_place
@click.option("--after", type=click.IntRange(min=0), default=0, help="Leave out so many messages.")
@click.option("--timeout", type=float, help="Seconds without a message after which it ends.")
@with_session
def follow(session: Session, processid: str, name: str, after: int, timeout: float | None) -> None:
    """Print the payload of each message as it comes, until the process has ended."""
    for entry in session.client.follow_channel(processid, name, after_seq=after, timeout=timeout):
        if session.json:
            click.echo(json.dumps(plain_json(entry), ensure_ascii=False))
        elif entry.get("error"):
            session.warn(str(Styled(entry["error"], "red").text), ProcessID=processid)
        else:
            click.echo(_text(entry["payload"]))


def _next(session: Session, found: list[ChannelEntry]) -> int:
    """Return the number that the signer's next message has: each sender counts its own."""
    from pycolonies import Crypto

    own = Crypto().id(session.key())
    return max((each["sequence"] for each in found if each["senderid"] == own), default=0) + 1


def _text(payload: bytes) -> str:
    """Return a payload as text, in which bytes that are none have a backslash and their number."""
    return payload.decode("utf-8", errors="backslashreplace")
