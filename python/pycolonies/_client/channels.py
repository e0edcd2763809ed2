"""Calls on channels: messages between the submitter of a process and its executor."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any

from pycolonies._client.processes import ProcessCalls
from pycolonies._client.subscriptions import served_for
from pycolonies._models import Process
from pycolonies._records import ChannelEntry
from pycolonies._rpc.defaults import OWN
from pycolonies._rpc.endpoint import Endpoint
from pycolonies._rpc.keys import Key
from pycolonies._rpc.values import plain
from pycolonies._shown import shown
from pycolonies._waiting.endings import ENDED
from pycolonies.errors import NotFoundError, ProtocolError, TransportError

#: Seconds after which a subscription expires and is renewed. Until then, the server does not notice that
#: the subscriber is gone.
SUBSCRIBED_FOR = 600
#: Seconds of silence before the first and between later checks whether the process has ended: servers
#: don't notify followers of a channel.
LOOK_AFTER, LOOK_AFTER_AT_MOST = 0.5, 10.0
#: Seconds to wait for what was sent before a process ended.
LAST_WORDS = 0.5


class ChannelCalls(ProcessCalls):
    """Calls on channels: messages between the submitter of a process and its executor."""

    def channel_append(
        self,
        processid: str,
        channel_name: str,
        sequence: int,
        payload: str | bytes | bytearray | memoryview | list[int],
        prvkey: Key = OWN,
        in_reply_to: int = 0,
        payload_type: str = "",
    ) -> None:
        """Send a message.

        Args:
            processid: Id of the process.
            channel_name: One of the channels that its function spec declares.
            sequence: Number of the message; a sender counts its own.
            payload: Up to 10 MiB. A text is sent as UTF-8.
            prvkey: Private key of who submitted the process, or of the executor that runs it.
            in_reply_to: Number of the message that this one answers.
            payload_type: What kind of message it is; ``"end"`` and ``"error"`` are usual.

        Raises:
            NotFoundError: There is no such process or channel, or the process has ended.
            PermissionDeniedError: The key is neither's.
            ServerError: The payload is too large, or messages are too frequent (status 500).
        """
        if isinstance(payload, int):  # bytes(5) would be five zeros
            raise TypeError(f"payload must be a string or bytes, got {shown(payload)}")
        content = plain(payload, "payload").encode() if isinstance(payload, str) else bytes(payload)
        self._endpoint(prvkey).call(
            "channelappendmsg",
            processid=processid,
            name=channel_name,
            sequence=sequence,
            inreplyto=in_reply_to,
            payload=base64.b64encode(content).decode("ascii"),
            payloadtype=payload_type,
        )

    def channel_read(
        self, processid: str, channel_name: str, after_seq: int, limit: int, prvkey: Key = OWN
    ) -> list[ChannelEntry]:
        """Read messages.

        Args:
            processid: Id of the process.
            channel_name: One of the channels that its function spec declares.
            after_seq: How many messages to skip.
            limit: How many to return at most; 0 for all.
            prvkey: Private key of who submitted the process, or of the executor that runs it.

        Raises:
            NotFoundError: There is no such process or channel, or the process has ended.
            PermissionDeniedError: The key is neither's.
        """
        fields = {"processid": processid, "name": channel_name, "afterseq": after_seq, "limit": limit}
        return _entries(self._endpoint(prvkey).call("channelreadmsg", **fields).value())

    def subscribe_channel(
        self,
        processid: str,
        channel_name: str,
        prvkey: Key = OWN,
        after_seq: int = 0,
        timeout: float = 30,
        callback: Callable[[list[ChannelEntry]], object] | None = None,
    ) -> list[ChannelEntry] | None:
        """Receive messages until a timeout or the end of the process.

        Args:
            processid: Id of the process.
            channel_name: One of the channels that its function spec declares.
            prvkey: Private key of who submitted the process, or of the executor that runs it.
            after_seq: How many messages to skip.
            timeout: Seconds until it ends. Other Python threads run meanwhile.
            callback: Called with messages as they arrive. Returning ``False`` (not merely a falsy value)
                ends the subscription.

        Returns:
            All messages together if there is no callback, else None.

        Raises:
            NotFoundError: There is no such process or channel, or the process has ended.
            PermissionDeniedError: The key is neither's.
            TransportError: The connection was lost, and could not be opened again.
        """
        received: list[ChannelEntry] = []
        for entries in self._channel_steps(processid, channel_name, prvkey, after_seq, timeout):
            if callback is None:
                received.extend(entries)
            elif entries and callback(entries) is False:
                break
        return received if callback is None else None

    def follow_channel(
        self,
        processid: str,
        channel_name: str,
        prvkey: Key = OWN,
        *,
        after_seq: int = 0,
        timeout: float | None = None,
    ) -> Iterator[ChannelEntry]:
        """Receive messages one by one until the process ends.

        A lost connection is reopened; no message is missed or repeated::

            for entry in colonies.follow_channel(process.processid, "chat"):
                print(entry["payload"])

        Args:
            processid: Id of the process.
            channel_name: One of the channels that its function spec declares.
            prvkey: Private key of who submitted the process, or of the executor that runs it.
            after_seq: How many messages to skip.
            timeout: Seconds until it ends in any case; None for no limit.

        Raises:
            NotFoundError: There is no such process or channel, or the process has ended before.
            PermissionDeniedError: The key is neither's.
            TransportError: The connection was lost, and could not be opened again for a minute.
        """
        for entries in self._channel_steps(processid, channel_name, prvkey, after_seq, timeout):
            yield from entries

    def _channel_steps(
        self, processid: str, channel_name: str, prvkey: Key, after_seq: int, timeout: float | None
    ) -> Generator[list[ChannelEntry], None, None]:
        """Yield messages as the server sends them, over as many connections as it takes; none at times.

        A message is known by its sender, number, time and content. By its place it is not: a late message
        with a lower number moves those behind it. So a new connection begins at the first place again.
        """
        endpoint = self._endpoint(prvkey)
        fields: dict[str, Any] = {
            "processid": processid,
            "name": channel_name,
            "afterseq": after_seq,
            "timeout": served_for(timeout, SUBSCRIBED_FOR),
        }
        seen: set[tuple[Any, ...]] = set()
        with endpoint.follow("subscribechannelmsg", [fields], timeout) as connection:
            silence, ended = LOOK_AFTER, False
            look_at = time.monotonic() + silence
            while not connection.over:
                wait = LAST_WORDS if ended else min(look_at - time.monotonic(), endpoint.poll_interval)
                try:
                    found = connection.next(wait)
                except NotFoundError:
                    if ended or (connection.resumed and _has_ended(endpoint, processid)):
                        return
                    raise
                if found == []:  # the server's time is over
                    connection.ask()
                elif ended and found is None:
                    return
                elif found is None and time.monotonic() >= look_at:
                    ended = _has_ended(endpoint, processid)
                    silence = min(2 * silence, LOOK_AFTER_AT_MOST)
                    look_at = time.monotonic() + silence
                elif found is not None:
                    silence = LOOK_AFTER
                    look_at = time.monotonic() + silence
                yield _unseen(found or [], seen)


def _has_ended(endpoint: Endpoint, processid: str) -> bool:
    try:
        return endpoint.call("getprocessmsg", processid=processid).to(Process).state in ENDED
    except NotFoundError:
        return True
    except TransportError:
        return False  # the next poll decides


def _unseen(found: list[dict[str, Any]], seen: set[tuple[Any, ...]]) -> list[ChannelEntry]:
    """Return the messages that were not there before."""
    fresh = []
    for entry in _entries(found):
        content = hash(entry["payload"])  # a number instead of up to 10 MiB
        known_by = (entry.get("senderid"), entry.get("sequence"), entry.get("timestamp"), content)
        if known_by not in seen:
            seen.add(known_by)
            fresh.append(entry)
    return fresh


def _entries(found: Any) -> list[ChannelEntry]:
    """Return the entries as records, with decoded payloads: base64 text, null for none."""
    try:
        return [
            ChannelEntry(**{**entry, "payload": base64.b64decode(entry.get("payload") or "")})
            for entry in found or []
        ]
    except (AttributeError, TypeError, ValueError) as fault:
        raise ProtocolError(f"the entries of a channel must be a list of messages: {fault}", True) from None
