"""The native module. Private: use what `pycolonies` exports."""

from collections.abc import Callable, Sequence
from os import PathLike
from types import TracebackType
from typing import TypeAlias, final

from typing_extensions import Self

__all__ = [
    "COLONY_ID",
    "COLONY_NAME",
    "COLONY_PRVKEY",
    "EXECUTOR_ID",
    "EXECUTOR_NAME",
    "EXECUTOR_PRVKEY",
    "EXECUTOR_TYPE",
    "S3_ACCESS_KEY",
    "S3_BUCKET",
    "S3_REGION",
    "S3_SECRET_KEY",
    "SERVER_PRVKEY",
    "USER_NAME",
    "AsyncClient",
    "AsyncPort",
    "AsyncSubscription",
    "Cancellation",
    "Client",
    "DevServer",
    "PrivateKey",
    "Storage",
    "Stored",
    "Subscription",
    "cancel_async",
    "generate_prvkey",
    "hash_text",
    "identity",
    "make_directory",
    "pause",
    "recover_identity",
    "sha256_files",
    "sign",
    "write_file",
]

def generate_prvkey() -> str: ...
def identity(prvkey: str | PrivateKey) -> str: ...
def hash_text(text: str) -> str: ...
def sign(text: str, prvkey: str | PrivateKey) -> str: ...
def recover_identity(text: str, signature: str) -> str: ...
def pause(duration: float) -> None:
    """Sleep for so many seconds, but until a signal handler raises or a `Cancellation` ends it."""

def cancel_async(number: int) -> None:
    """Drop the work with this number where it has not ended."""

@final
class AsyncPort:
    """Where the results of an event loop arrive. The descriptor is readable while there are some."""

    def __new__(cls) -> AsyncPort: ...
    def fileno(self) -> int:
        """Return the descriptor, which stays the port's. Not on Windows."""

    def detach(self) -> int:
        """Return the descriptor of a socket, which is then the caller's to read and to close."""

    def take(self, most: int) -> list[tuple[int, bytes | AsyncSubscription | Exception | None]]:
        """Return up to `most` results, the oldest first, each with its number."""

@final
class AsyncClient:
    """Calls to one Colonies server for event loops. Results arrive at a port, under the returned numbers."""

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
        proxy: str | None = None,
        concurrency: int = 32,
    ) -> AsyncClient: ...
    def start(
        self,
        port: AsyncPort,
        msgtype: str,
        message: bytes,
        prvkey: str | PrivateKey | None,
        timeout: float | None = None,
    ) -> int:
        """Start to send a message; the arguments are those of `Client.call`."""

    def subscribe(self, port: AsyncPort) -> int:
        """Start to open a subscription socket."""

    def close_idle(self) -> None:
        """Close the idle connections."""

@final
class AsyncSubscription:
    """An open /pubsub socket for event loops."""

    def send(self, port: AsyncPort, msgtype: str, message: bytes, prvkey: str | PrivateKey) -> int: ...
    def next(self, port: AsyncPort) -> int:
        """Start to wait for the next message. None arrives where the server has ended the subscription."""

    def close(self) -> None: ...

@final
class Cancellation:
    """Lets a thread end what others block in: what they do inside ``with cancellation:``.

    A call that blocks raises `CallCancelledError` within a tenth of a second; a further call is not begun. It
    applies to the threads that entered it, any number. It stays cancelled.

    An aborted `assign` may have been assigned a process. The server then waits for a result that never comes.
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
class PrivateKey:
    """A private key that does not print: ``repr``, ``str`` and error reporters show asterisks.

    Every argument for a private key accepts one instead of the text. It cannot be pickled or sent as JSON.

    Args:
        key: 64 hexadecimal digits, or another `PrivateKey`.

    Raises:
        InvalidPrivateKeyError: The text is not a private key. The message does not contain it.
        TypeError: It is neither text nor a `PrivateKey`.
    """

    def __new__(cls, key: str | PrivateKey) -> Self: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, memo: object, /) -> Self: ...
    @classmethod
    def generate(cls) -> PrivateKey:
        """Make a new key from the operating system's random numbers."""

    @property
    def identity(self) -> str:
        """The identity that belongs to the key, 64 lower-case hexadecimal digits."""

    def reveal(self) -> str:
        """Return the key as 64 lower-case hexadecimal digits. Keep the text out of logs and messages."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

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
        proxy: str | None = None,
    ) -> Client: ...
    def call(
        self,
        msgtype: str,
        message: bytes,
        prvkey: str | PrivateKey | None,
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
    def send(self, msgtype: str, message: bytes, prvkey: str | PrivateKey) -> None: ...
    def next(self, timeout: float) -> bytes | None:
        """Return the payload of the next message.

        None when nothing came in `timeout` seconds, or when the server has `closed` the socket.
        """

    def close(self) -> None: ...

@final
class Stored:
    """What was stored or fetched: size in bytes, SHA-256 as 64 lower-case hexadecimal digits."""

    @property
    def size(self) -> int: ...
    @property
    def sha256(self) -> str: ...

_Path: TypeAlias = str | PathLike[str]
_Progress: TypeAlias = Callable[[int], object]

@final
class Storage:
    """A bucket of an S3 store; shared by any number of threads.

    `progress` is called with the bytes moved so far, at most about ten times a second and once at the end, in
    the thread that made the call. What it raises ends the transfer. Files on this machine that cannot be read
    or written raise `OSError`, all else the `StorageError` family of `pycolonies.errors`.

    Args:
        endpoint: ``host``, ``host:port``, or either with ``http://`` or ``https://`` in front, which decides
            about TLS then.
        bucket: Made by the first put where it does not exist.
        access_key: None, together with `secret_key`, to ask without a signature.
        secret_key: See there.
        session_token: Token that belongs to temporary keys.
        region: None or empty for us-east-1.
        tls: Whether an endpoint without a scheme is spoken to over TLS.
        ca_file: PEM file of the certificates to trust instead of the system's.
        skip_tls_verify: Trust any certificate.
        connect_timeout: Seconds for lookup, TCP and TLS together.
        timeout: Seconds that nothing may move; a transfer may take longer.
        parallel: Connections that work at the same time, for one large file or for many.
        part_bytes: Size of the parts of files that are larger than two of them; stores want 5 MiB at least.
        proxy: URL of an HTTP proxy to go by.
    """

    def __new__(
        cls,
        endpoint: str,
        *,
        bucket: str,
        access_key: str | None = None,
        secret_key: str | None = None,
        session_token: str | None = None,
        region: str | None = None,
        tls: bool = False,
        ca_file: str | None = None,
        skip_tls_verify: bool = False,
        connect_timeout: float = 10.0,
        timeout: float = 60.0,
        parallel: int = 8,
        part_bytes: int = 8388608,
        proxy: str | None = None,
    ) -> Storage: ...
    def put_file(self, path: _Path, key: str, progress: _Progress | None = None) -> Stored: ...
    def put_bytes(self, data: bytes, key: str, progress: _Progress | None = None) -> Stored: ...
    def put_files(
        self, files: Sequence[tuple[_Path, str]], progress: _Progress | None = None
    ) -> list[Stored | Exception]:
        """Store files (path, key); what went wrong with one stands in its place and stops no other."""

    def get_file(
        self,
        key: str,
        path: _Path,
        size: int | None = None,
        sha256: str | None = None,
        progress: _Progress | None = None,
    ) -> Stored:
        """Fetch an object into a file that appears under its name at once, complete and verified.

        An object that is to have 0 bytes is not asked for: some tools store empty files without one.
        """

    def get_bytes(
        self,
        key: str,
        size: int | None = None,
        sha256: str | None = None,
        progress: _Progress | None = None,
    ) -> bytes: ...
    def get_files(
        self,
        root: _Path,
        files: Sequence[tuple[str, _Path, int | None, str | None]],
        progress: _Progress | None = None,
    ) -> list[Stored | Exception]:
        """Fetch files (key, path, size, sha256) into a directory; an error stands in the place of its file.

        Paths are relative to the directory. Directories in between are made; none of them may be a link.
        """

    def delete(self, key: str) -> None:
        """Remove an object. It is no error where there is none."""

    def head(self, key: str) -> int:
        """Return an object's size in bytes."""

def make_directory(root: _Path, path: _Path) -> None:
    """Make a directory below another, and those in between; none of them may be a link."""

def write_file(root: _Path, path: _Path, content: bytes) -> None:
    """Replace a small file below a directory. Directories in between are made; none of them may be a link."""

def sha256_files(paths: Sequence[_Path], progress: _Progress | None = None) -> list[Stored | OSError]:
    """Return size and SHA-256 of each file, read on all processors; an error stands in its place."""

@final
class DevServer:
    """A development server in this process, listening from its construction on until stopped."""

    host: str
    port: int
    s3_port: int | None
    def __new__(
        cls,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        data_dir: str | None = None,
        tls_cert: str | None = None,
        tls_key: str | None = None,
        s3_port: int | None = None,
        realistic: int | None = None,
        allow_origins: Sequence[str] = ...,
        allow_hosts: Sequence[str] = ...,
        ids: tuple[str, str, str] | None = None,
        s3_secret_key: str | None = None,
        max_connections: int = 4096,
    ) -> DevServer:
        """Start a server. `ids` are those of server owner, colony owner and executor."""

    def advance(self, seconds: float, *, silent: bool = False) -> None: ...
    def drop_next(self, msgtype: str | None, times: int, *, after: bool, s3: bool = False) -> None: ...
    def cut_next(self, size: int, operation: str | None, times: int) -> None: ...
    def delay(self, seconds: float, msgtype: str | None, times: int | None, *, s3: bool = False) -> None: ...
    def error(
        self, status: int, message: str, msgtype: str | None, times: int, *, s3: bool = False
    ) -> None: ...
    def clear_faults(self, *, s3: bool = False) -> None: ...
    def stop(self) -> None: ...

SERVER_PRVKEY: str
COLONY_NAME: str
COLONY_ID: str
COLONY_PRVKEY: str
EXECUTOR_NAME: str
EXECUTOR_TYPE: str
USER_NAME: str
EXECUTOR_ID: str
EXECUTOR_PRVKEY: str
S3_ACCESS_KEY: str
S3_SECRET_KEY: str
S3_BUCKET: str
S3_REGION: str
