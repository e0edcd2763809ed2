"""The development server as an object."""

from __future__ import annotations

import os
import weakref
from collections.abc import Sequence
from pathlib import Path
from types import NoneType, TracebackType
from typing import TYPE_CHECKING

from pycolonies import Colonies, _core
from pycolonies import _checks as checks
from pycolonies._core import COLONY_NAME
from pycolonies._devserver.faults import Faults, S3Faults
from pycolonies._devserver.keys import KEY_FILE, DevKeys, environment
from pycolonies._devserver.s3 import S3Endpoint
from pycolonies._home import publish_for_tests
from pycolonies._rpc.keys import Key, sealed
from pycolonies.errors import DevServerError

if TYPE_CHECKING:
    from typing_extensions import Self


#: Connections that a server serves at the same time by default.
MAX_CONNECTIONS = 4096


class DevServer:
    """A Colonies server in this process, with a colony and an executor that have well-known keys.

    It speaks the protocol over real sockets on the loopback interface, checks every signature, and keeps
    everything in SQLite: in memory, or in a directory. It listens from its construction on::

        with DevServer() as server:
            colonies = server.client()
            colonies.submit_func_spec(func_spec("echo", [], COLONY_NAME, EXECUTOR_TYPE))

    Requests of web pages are refused, and so are requests for a host name that is not this machine's: every
    page that is open in a browser can reach loopback addresses, and the default keys are public.

    Args:
        host: IP address to listen on. Programs that reach it can use the well-known keys.
        port: Port to listen on; 0 takes a free one, see `port`.
        data_dir: Directory to keep everything in; None keeps it in memory, until the server stops. A new
            directory is readable by its owner only.
        tls_cert: PEM file with a certificate, and after it those that lead to an authority. The server
            speaks HTTPS only then.
        tls_key: PEM file with the certificate's private key, without a passphrase.
        s3: Whether there is an S3 endpoint beside it, for the contents of files; see `s3`. It keeps its
            objects in the data directory, or in a temporary directory until the server stops.
        s3_port: Port of the S3 endpoint; 0 takes a free one.
        realistic: Show each change in the steps of a Colonies server in production, with random times in
            between: a process before its environment, a failed state before its errors, nodes before the
            state of their graph. Programs that pass with it do not depend on changes being complete at once.
            Faults of that server that harm others are kept, too: see docs/server-differences.md.
        seed: Seed of these times: the same calls meet the same times again.
        random_keys: Whether to make new keys instead of the well-known ones; see `keys`. An existing data
            directory keeps its keys.
        allow_origins: Origins of web pages that may use the server, as ``http://localhost:3000``; ``*``
            allows all pages.
        allow_hosts: Names by which the server is reached, besides IP addresses, ``localhost`` and the name of
            this machine.
        max_connections: Connections that are served at the same time; further ones get status 503. Each needs
            an open file: see ``ulimit -n``.

    Raises:
        DevServerError: The port is taken, the directory or the certificate cannot be used, or an origin or a
            host is malformed.
        TypeError: An argument has another type.
        ValueError: A number is out of range.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        data_dir: str | os.PathLike[str] | None = None,
        tls_cert: str | os.PathLike[str] | None = None,
        tls_key: str | os.PathLike[str] | None = None,
        s3: bool = False,
        s3_port: int = 0,
        realistic: bool = False,
        seed: int = 0,
        random_keys: bool = False,
        allow_origins: Sequence[str] = (),
        allow_hosts: Sequence[str] = (),
        max_connections: int = MAX_CONNECTIONS,
    ) -> None:
        checks.kind("host", host, str, "an IP address as a string")
        checks.integer("port", port, 0, 65535)
        checks.integer("s3_port", s3_port, 0, 65535)
        checks.integer("seed", seed, 0, 2**64 - 1)
        checks.integer("max_connections", max_connections, 1, 2**32 - 1)
        for name, value in (("s3", s3), ("realistic", realistic), ("random_keys", random_keys)):
            checks.flag(name, value)
        for name, texts in (("allow_origins", allow_origins), ("allow_hosts", allow_hosts)):
            checks.several(name, texts, "a list of strings", str, "a string")
        for name, path in (("data_dir", data_dir), ("tls_cert", tls_cert), ("tls_key", tls_key)):
            checks.kind(name, path, (str, os.PathLike, NoneType), "a path")
        self._keys = _keys_of(None if data_dir is None else Path(data_dir), random_keys=random_keys)
        self._core = _core.DevServer(
            host=host,
            port=port,
            data_dir=_path(data_dir),
            tls_cert=_path(tls_cert),
            tls_key=_path(tls_key),
            s3_port=s3_port if s3 else None,
            realistic=seed if realistic else None,
            allow_origins=list(allow_origins),
            allow_hosts=list(allow_hosts),
            ids=self._keys.ids,
            s3_secret_key=self._keys.s3_secret_key,
            max_connections=max_connections,
        )
        if s3 and data_dir is None:
            # Nothing is collected at the end of the process, so its temporary directory would stay.
            weakref.finalize(self, _stop, self._core, os.getpid())
        self._tls = tls_cert is not None
        self._faults = Faults(self._core)

    @property
    def keys(self) -> DevKeys:
        """The private keys of the server: the well-known ones, or its own."""
        return self._keys

    @property
    def host(self) -> str:
        """The IP address that it listens on."""
        return self._core.host

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._core.port

    @property
    def url(self) -> str:
        """Its address with the scheme, as browsers and Prometheus want it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point a client at this server; those of its S3 endpoint are among them."""
        variables = environment(self.host, self.port, tls=self._tls, keys=self._keys)
        return variables if self._core.s3_port is None else variables | self.s3.environment

    @property
    def s3(self) -> S3Endpoint:
        """The S3 endpoint.

        Raises:
            RuntimeError: The server has none.
        """
        if self._core.s3_port is None:
            raise RuntimeError("this development server has no S3 endpoint; start it with s3=True")
        secret = self._keys.s3_secret_key
        return S3Endpoint(self.host, self._core.s3_port, tls=self._tls, secret_key=secret)

    @property
    def faults(self) -> Faults:
        """Faults on demand: lost connections, delays and errors."""
        return self._faults

    @property
    def s3_faults(self) -> S3Faults:
        """Faults of the S3 endpoint on demand: lost connections, broken bodies, delays and errors.

        Raises:
            RuntimeError: The server has no S3 endpoint.
        """
        _ = self.s3
        return S3Faults(self._core)

    @sealed
    def client(
        self,
        *,
        prvkey: Key | None = None,
        colonyname: str | None = None,
        ca_file: str | None = None,
        skip_tls_verify: bool = False,
    ) -> Colonies:
        """Make a client of this server.

        Args:
            prvkey: Private key that signs the calls which name none; that of the development executor by
                default.
            colonyname: Colony of the calls which name none; the development colony by default.
            ca_file: PEM file with the certificates to trust instead of the system's.
            skip_tls_verify: Accept any certificate.
        """
        return Colonies(
            self.host,
            self.port,
            tls=self._tls,
            prvkey=self._keys.executor_prvkey if prvkey is None else prvkey,
            colonyname=COLONY_NAME if colonyname is None else colonyname,
            ca_file=ca_file,
            skip_tls_verify=skip_tls_verify,
        )

    def advance(self, seconds: float, *, silent: bool = False) -> None:
        """Move the server's clock forward; whatever falls due on the way has happened when this returns.

        Args:
            seconds: How far, 0 or more.
            silent: False refreshes the heartbeats of executors on the way. True does not: executors that have
                not requested a process for ten minutes are unregistered, and their processes are requeued.
        """
        checks.seconds("seconds", seconds)
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


def _keys_of(data_dir: Path | None, *, random_keys: bool) -> DevKeys:
    """Return the keys of a data directory, or those that a new one gets."""
    if data_dir is None:
        return DevKeys.random() if random_keys else DevKeys()
    file = data_dir / KEY_FILE
    try:
        if file.exists():
            return DevKeys.load(file)
        if not random_keys:
            return DevKeys()
        if (data_dir / "colonies.db").exists():
            raise DevServerError(
                f"{data_dir} was set up with the well-known keys; choose another directory for random keys"
            )
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        keys = DevKeys.random()
        keys.save(file)
    except (OSError, ValueError) as fault:
        raise DevServerError(f"cannot keep keys in {data_dir}: {fault}") from None
    return keys


def _stop(core: _core.DevServer, owner: int) -> None:
    if os.getpid() == owner:
        core.stop()


def _path(path: str | os.PathLike[str] | None) -> str | None:
    return None if path is None else os.fspath(path)


publish_for_tests(DevServer)
