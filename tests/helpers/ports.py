"""Ports that no other program gets while a test uses them."""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def reserved_port() -> Iterator[int]:
    """Reserve a free port of 127.0.0.1.

    Connections to it are refused while no server of the test listens on it. A server may listen on it, stop,
    and listen again. A port that is only known to be free may go to another program in between.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
        if sys.platform != "linux":
            holder.close()  # elsewhere, a bound socket keeps servers out
        yield port
