"""The development server as an object."""

from __future__ import annotations

import os
from types import TracebackType
from typing import TYPE_CHECKING

from pycolonies import Colonies, _core
from pycolonies.testing._keys import environment

if TYPE_CHECKING:
    from typing_extensions import Self


class DevServer:
    """A Colonies server in this process, with a colony and an executor that have well-known keys.

    It speaks the protocol over real sockets on the loopback interface, checks every signature, and keeps
    everything in SQLite: in memory, or in a directory. It listens from its construction on::

        with DevServer() as server:
            colonies = server.client()
            colonies.submit_func_spec(func_spec("echo", [], COLONY_NAME, EXECUTOR_TYPE), EXECUTOR_PRVKEY)

    Args:
        host: IP address to listen on. Whoever reaches it can use the well-known keys.
        port: Port to listen on; 0 takes a free one, see `port`.
        data_dir: Directory to keep everything in; None keeps it in memory, until the server stops.

    Raises:
        DevServerError: The port is taken, or the directory cannot be used.
    """

    def __init__(
        self, *, host: str = "127.0.0.1", port: int = 0, data_dir: str | os.PathLike[str] | None = None
    ) -> None:
        directory = None if data_dir is None else os.fspath(data_dir)
        self._core = _core.DevServer(host=host, port=port, data_dir=directory)

    @property
    def host(self) -> str:
        """The IP address that it listens on."""
        return self._core.host

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._core.port

    @property
    def environment(self) -> dict[str, str]:
        """The ``COLONIES_...`` variables that point a client at this server."""
        return environment(self.host, self.port)

    def client(self) -> Colonies:
        """Make a client of this server."""
        return Colonies(self.host, self.port)

    def advance(self, seconds: float, *, silent: bool = False) -> None:
        """Move the server's clock forward; whatever falls due on the way has happened when this returns.

        Args:
            seconds: How far, 0 or more.
            silent: False takes executors for heard from on the way. True does not: those that have not asked
                for a process for ten minutes are unregistered, and their processes go back to the queue.
        """
        self._core.advance(seconds, silent=silent)

    def stop(self) -> None:
        """Stop: calls that wait are answered, sockets and threads are gone. A second stop does nothing."""
        self._core.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"DevServer(host={self.host!r}, port={self.port!r})"
