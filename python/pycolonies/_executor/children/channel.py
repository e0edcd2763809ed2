"""Messages between parent and child over a socket. No operation of the parent's end blocks."""

from __future__ import annotations

import selectors
import socket
import struct
from collections import deque
from contextlib import suppress

_HEADER = struct.Struct("!I")
_CHUNK = 1 << 20
#: Unsent bytes above which the parent stops reading from a child until the child reads.
MAX_UNSENT = 8 << 20
_Selector: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)


class MessageTooLargeError(Exception):
    """The other end announced a message of more bytes than are accepted."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"it announced a message of {size} bytes; at most {limit} are accepted")


def frame(message: bytes) -> bytes:
    """Return a message with its length in front."""
    return _HEADER.pack(len(message)) + message


class Channel:
    """The parent's end. One thread calls `step`; any number of threads call `put`.

    Args:
        sock: A connected stream socket.
        limit: Bytes of the largest message that is accepted.
    """

    def __init__(self, sock: socket.socket, limit: int) -> None:
        self._limit = limit
        self._socket = sock
        self._wake, self._woken = socket.socketpair()
        for end in (sock, self._wake, self._woken):
            end.setblocking(False)
        self._unsent: deque[memoryview] = deque()
        self._received = bytearray()
        self._ended = False
        self._selector = _Selector()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._selector.register(self._socket, selectors.EVENT_READ)

    def put(self, message: bytes) -> None:
        """Queue a message for the child and return at once."""
        self._unsent.append(memoryview(frame(message)))
        with suppress(OSError):  # it is full, and so wakes the thread anyway; or closed
            self._wake.send(b"\0")

    def flush(self) -> None:
        """Send what the child's socket takes now."""
        with suppress(OSError, ValueError):
            self._send()

    def step(self, seconds: float, *, read: bool = True) -> bytes | None:
        """Send and receive until there is a message, for at most some seconds.

        Args:
            seconds: 0 returns at once.
            read: Whether to receive. Messages that were received before are returned in any case.

        Returns:
            A message; None if there is none yet, or if `put` was called meanwhile.

        Raises:
            EOFError: The child closed its end, or died.
            MessageTooLargeError: A message exceeds the limit.
        """
        if (message := self._message()) is not None:
            return message
        read = read and sum(map(len, self._unsent)) < MAX_UNSENT
        events = (selectors.EVENT_READ if read else 0) | (selectors.EVENT_WRITE if self._unsent else 0)
        for key, ready in self._select(events, seconds):
            if key.fileobj is self._woken:
                with suppress(BlockingIOError):
                    self._woken.recv(4096)
                continue
            if ready & selectors.EVENT_WRITE:
                self._send()
            if ready & selectors.EVENT_READ:
                self._receive()
        return self._message()

    def close(self) -> None:
        """Close the connection. The child sees the end of it."""
        self._ended = True
        self._selector.close()
        for end in (self._socket, self._wake, self._woken):
            end.close()

    def _select(self, events: int, seconds: float) -> list[tuple[selectors.SelectorKey, int]]:
        if self._ended:
            raise EOFError
        registered = self._selector.get_map()
        try:
            if not events:
                if self._socket in registered:
                    self._selector.unregister(self._socket)
            elif self._socket in registered:
                self._selector.modify(self._socket, events)
            else:
                self._selector.register(self._socket, events)
            return self._selector.select(seconds)
        except (ValueError, RuntimeError, OSError):  # closed by another thread
            raise EOFError from None

    def _send(self) -> None:
        while self._unsent:
            first = self._unsent[0]
            try:
                sent = self._socket.send(first)
            except BlockingIOError:
                return
            except OSError:  # nothing reads it; what the child has sent may still be read
                self._unsent.clear()
                return
            if sent < len(first):
                self._unsent[0] = first[sent:]
            else:
                self._unsent.popleft()

    def _receive(self) -> None:
        try:
            chunk = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        if not chunk:
            raise EOFError
        self._received += chunk

    def _message(self) -> bytes | None:
        if len(self._received) < _HEADER.size:
            return None
        (size,) = _HEADER.unpack_from(self._received)
        if size > self._limit:
            raise MessageTooLargeError(size, self._limit)
        end = _HEADER.size + size
        if len(self._received) < end:
            return None
        message = bytes(self._received[_HEADER.size : end])
        del self._received[:end]
        return message


class BlockingChannel:
    """The child's end. It blocks: the parent always reads, and ends a child that it no longer needs."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        sock.setblocking(True)

    def send(self, message: bytes) -> None:
        """Send a message."""
        self._socket.sendall(frame(message))

    def receive(self) -> bytes:
        """Wait for a message.

        Raises:
            EOFError: The parent closed the connection, or is gone.
        """
        (size,) = _HEADER.unpack(self._read(_HEADER.size))
        return bytes(self._read(size))

    def close(self) -> None:
        """Close this process's descriptor of the connection."""
        self._socket.close()

    def _read(self, size: int) -> bytearray:
        data = bytearray(size)
        view = memoryview(data)
        while view:
            received = self._socket.recv_into(view)
            if not received:
                raise EOFError
            view = view[received:]
        return data
