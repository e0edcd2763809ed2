"""The native module. Private: use what `pycolonies` exports."""

from types import TracebackType
from typing import final

from typing_extensions import Self

__all__ = [
    "COLONY_ID",
    "COLONY_NAME",
    "COLONY_PRVKEY",
    "EXECUTOR_ID",
    "EXECUTOR_NAME",
    "EXECUTOR_PRVKEY",
    "EXECUTOR_TYPE",
    "SERVER_PRVKEY",
    "Cancellation",
    "Client",
    "DevServer",
    "Subscription",
    "generate_prvkey",
    "hash_text",
    "identity",
    "pause",
    "recover_identity",
    "sign",
]

def generate_prvkey() -> str: ...
def identity(prvkey: str) -> str: ...
def hash_text(text: str) -> str: ...
def sign(text: str, prvkey: str) -> str: ...
def recover_identity(text: str, signature: str) -> str: ...
def pause(duration: float) -> None:
    """Sleep for so many seconds, but until a signal handler raises or a `Cancellation` ends it."""

@final
class Cancellation:
    """Lets a thread end what others block in: what they do inside ``with cancellation:``.

    A call that blocks raises `CallCancelledError` within a tenth of a second; a further call is not begun. It
    applies to the threads that entered it, any number. It stays cancelled.

    An `assign` that is ended may have been given a process, which then runs with nobody to close it.
    """

    cancelled: bool
    def __new__(cls) -> Cancellation: ...
    def cancel(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...

@final
class Client:
    """Calls to one Colonies server over pooled connections; shared by any number of threads."""

    def __new__(
        cls,
        host: str,
        port: int,
        *,
        tls: bool = False,
        ca_file: str | None = None,
        skip_tls_verify: bool = False,
        connect_timeout: float = 10.0,
        timeout: float = 30.0,
    ) -> Client: ...
    def call(
        self,
        msgtype: str,
        message: bytes,
        prvkey: str | None,
        timeout: float | None = None,
        cancellation: Cancellation | None = None,
    ) -> bytes:
        """Send a message, JSON text, and return the payload of the reply, JSON text.

        Args:
            msgtype: Type of the message, as the message itself has it.
            message: JSON object as UTF-8 text.
            prvkey: Private key that signs, or None for the messages that need no signature.
            timeout: Seconds for the whole call; None for the client's own.
            cancellation: A cancellation beside those that the thread is in.
        """

    def subscribe(self) -> Subscription:
        """Open a socket for subscriptions."""

@final
class Subscription:
    """An open /pubsub socket. For one thread at a time."""

    closed: bool
    def send(self, msgtype: str, message: bytes, prvkey: str) -> None: ...
    def next(self, timeout: float) -> bytes | None:
        """Return the payload of the next message.

        None when nothing came in `timeout` seconds, or when the server has `closed` the socket.
        """

    def close(self) -> None: ...

@final
class DevServer:
    """A development server in this process, listening from its construction on until stopped."""

    host: str
    port: int
    def __new__(
        cls,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        data_dir: str | None = None,
        tls_cert: str | None = None,
        tls_key: str | None = None,
    ) -> DevServer: ...
    def advance(self, seconds: float, *, silent: bool = False) -> None: ...
    def drop_next(self, msgtype: str | None, times: int, *, after: bool) -> None: ...
    def delay(self, seconds: float, msgtype: str | None, times: int | None) -> None: ...
    def error(self, status: int, message: str, msgtype: str | None, times: int) -> None: ...
    def clear_faults(self) -> None: ...
    def stop(self) -> None: ...

SERVER_PRVKEY: str
COLONY_NAME: str
COLONY_ID: str
COLONY_PRVKEY: str
EXECUTOR_NAME: str
EXECUTOR_TYPE: str
EXECUTOR_ID: str
EXECUTOR_PRVKEY: str
