"""Settings of the S3 store: address, bucket and keys."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import NoneType
from typing import Any

from pycolonies import _checks as checks
from pycolonies import _core
from pycolonies._cached import cached
from pycolonies._home import publish
from pycolonies._rpc import environment
from pycolonies._rpc.proxies import proxy_for
from pycolonies._shown import shown
from pycolonies.errors import ConfigurationError

#: Number of concurrent connections.
PARALLEL = 16
#: The port in a record that has it in its server's name already.
_IN_SERVER = -1


@dataclass(frozen=True)
class S3Credentials:
    """Keys to sign requests to an S3 store with.

    Args:
        access_key: Access key.
        secret_key: Its secret.
        session_token: Session token, for temporary keys.
    """

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name in ("access_key", "secret_key"):
            checks.secret(name, getattr(self, name), str, "a string")
        checks.secret("session_token", self.session_token, (str, NoneType), "a string or None")


@dataclass(frozen=True)
class S3Settings:
    """The S3 store that holds the content of a colony's files.

    Args:
        endpoint: ``host:port`` or ``host``, or either after ``http://`` or ``https://``.
        bucket: The bucket. The first upload creates it.
        access_key: Access key; with an empty one, and an empty secret, nothing is signed.
        secret_key: Its secret.
        session_token: Session token, for temporary keys.
        region: Region that requests are signed for; empty for ``us-east-1``.
        tls: Speak HTTPS where the endpoint names no scheme.
        skip_tls_verify: Accept any certificate. For development only.
        ca_file: PEM file with the certificates to trust instead of the system's. Where it is left out, the
            file that AWS_CA_BUNDLE, REQUESTS_CA_BUNDLE or SSL_CERT_FILE names.
        timeout: Longest time without a byte moving, in seconds.
        connect_timeout: Seconds that opening a connection may take.
        parallel: Number of concurrent connections.
        verify: Refuse files whose records have no SHA-256 to check their content with. False reads them
            unchecked.
        credentials: Called before each transfer for the keys to sign with, instead of the three above. It
            renews temporary keys; see `from_aws`.

    Raises:
        TypeError: A setting has another type.
        ValueError: A timeout is not above 0, or `parallel` is below 1.
    """

    endpoint: str
    bucket: str
    access_key: str = ""
    secret_key: str = field(default="", repr=False)
    region: str = ""
    tls: bool = False
    skip_tls_verify: bool = False
    ca_file: str | None = None
    timeout: float = 60.0
    connect_timeout: float = 10.0
    parallel: int = PARALLEL
    session_token: str = field(default="", repr=False)
    verify: bool = True
    credentials: Callable[[], S3Credentials] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name in ("endpoint", "bucket", "region"):
            checks.kind(name, getattr(self, name), str, "a string")
        for name in ("access_key", "secret_key", "session_token"):
            checks.secret(name, getattr(self, name), (str, NoneType), "a string")
        for name in ("tls", "skip_tls_verify", "verify"):
            checks.flag(name, getattr(self, name))
        for name in ("timeout", "connect_timeout"):
            checks.seconds(name, getattr(self, name), positive=True)
        checks.file_path("ca_file", self.ca_file)
        checks.integer("parallel", self.parallel, 1)
        if not (self.credentials is None or callable(self.credentials)):
            raise TypeError("credentials must be a function that returns S3Credentials")

    @classmethod
    def from_aws(
        cls,
        bucket: str,
        *,
        profile: str | None = None,
        region: str | None = None,
        endpoint: str | None = None,
        **settings: Any,
    ) -> S3Settings:
        """Find keys as AWS tools do, and renew them before they expire.

        These are, in order, what botocore looks at: the variables ``AWS_ACCESS_KEY_ID`` and so on, a web
        identity (``AWS_WEB_IDENTITY_TOKEN_FILE``), single sign-on, shared files with profiles, and the
        metadata services of containers and instances (IMDS).

        Args:
            bucket: The bucket.
            profile: Profile in the shared files; the default one if omitted.
            region: Region; that of the profile or the environment if omitted, else ``us-east-1``.
            endpoint: ``host`` or URL of the store; that of the region at AWS if omitted.
            settings: Other fields of this class.

        Raises:
            ConfigurationError: botocore is not installed (``pip install 'pycolonies[aws]'``), or it finds no
                keys.
        """
        from pycolonies._files import aws

        found = aws.Session(profile)
        region = region or found.region
        place = endpoint or f"https://s3.{region}.{aws.suffix(region)}"
        return cls(place, bucket, region=region, credentials=found.credentials, **settings)

    @classmethod
    def from_env(cls) -> S3Settings:
        """Read the ``AWS_S3_...`` variables.

        ``AWS_S3_ENDPOINT`` and ``AWS_S3_BUCKET`` are required; ``AWS_S3_ACCESSKEY`` and
        ``AWS_S3_SECRETKEY`` belong together; ``AWS_S3_SESSIONTOKEN``, ``AWS_S3_REGION``, ``AWS_S3_TLS`` and
        ``AWS_S3_SKIPVERIFY`` are optional.

        Raises:
            ConfigurationError: Variables are missing, or one is malformed. It names all that are missing.
        """
        return _from_env({})

    def place(self) -> tuple[str, int, bool]:
        """Return host, port and whether it is spoken to over TLS, as records of files have them.

        Raises:
            ConfigurationError: The endpoint is malformed.
        """
        scheme, separator, rest = self.endpoint.rpartition("://")
        tls = scheme.lower() == "https" if separator else self.tls
        rest = rest.rstrip("/")
        host, colon, port = rest.rpartition(":")
        if not colon or (":" in host and not host.endswith("]")):  # an IPv6 address without a port
            return rest, 443 if tls else 80, tls
        if not (port.isascii() and port.isdigit()):
            raise ConfigurationError(f"the port of the S3 endpoint must be a number, got {shown(port)}")
        return host, int(port), tls


def storage(settings: S3Settings) -> _core.Storage:
    """Return the store of these settings. Equal settings share one store and its connections.

    Raises:
        ConfigurationError: A setting is malformed.
    """
    host, port, tls = settings.place()
    trusted = (settings.ca_file or _trusted_file()) if tls and not settings.skip_tls_verify else None
    return _storage(_with_keys(settings), tls, trusted, proxy_for(host, port, tls))


def _with_keys(settings: S3Settings) -> S3Settings:
    """Return settings with the current keys."""
    if settings.credentials is None:
        return settings
    keys = settings.credentials()
    return replace(
        settings,
        credentials=None,
        access_key=keys.access_key,
        secret_key=keys.secret_key,
        session_token=keys.session_token or "",
    )


@cached(maxsize=16)
def _storage(settings: S3Settings, tls: bool, ca_file: str | None, proxy: str | None) -> _core.Storage:
    return _core.Storage(
        settings.endpoint,
        bucket=settings.bucket,
        access_key=settings.access_key or None,
        secret_key=settings.secret_key or None,
        session_token=settings.session_token or None,
        region=settings.region,
        tls=tls,
        ca_file=ca_file,
        skip_tls_verify=tls and settings.skip_tls_verify,
        proxy=proxy,
        connect_timeout=settings.connect_timeout,
        timeout=settings.timeout,
        parallel=settings.parallel,
    )


def check(given: S3Settings | None) -> None:
    """Check that there are settings or variables, before records of files are requested.

    Raises:
        ConfigurationError: There are neither settings nor variables.
    """
    if given is None and not os.getenv("AWS_S3_ACCESSKEY"):
        _from_env({})


def for_record(given: S3Settings | None, reference: Mapping[str, Any]) -> S3Settings:
    """Return the settings for reading a recorded file.

    Settings of this client or its environment take precedence over the record, since members may reach one
    store by different names. The record's bucket is used if its endpoint is the same; the whole record is
    used if no other endpoint is set.

    Raises:
        ConfigurationError: Neither says where the store is, or a variable is malformed.
    """
    recorded = _recorded(reference)
    if given is None and recorded and not os.getenv("AWS_S3_ENDPOINT"):
        return _from_env(recorded)
    if given is None:
        bucket = {key: recorded[key] for key in ("bucket",) if key in recorded}
        given = _from_env(bucket if not os.getenv("AWS_S3_BUCKET") else {})
    if recorded and _same_place(given, recorded):
        return replace(given, bucket=recorded["bucket"])
    return given


def _from_env(defaults: Mapping[str, Any]) -> S3Settings:
    said: dict[str, Any] = dict(defaults)
    for name, variable in _TEXTS.items():
        if value := os.getenv(variable, "").strip():
            said[name] = value
    missing = [variable for name, variable in _TEXTS.items() if name not in _OPTIONAL and name not in said]
    is_anonymous = "access_key" not in said and "secret_key" not in said
    if missing and not (is_anonymous and "endpoint" in said and "bucket" in said):
        raise ConfigurationError(
            f"the content of files lies in S3, and these environment variables are not set: "
            f"{', '.join(missing)}; set them, or give Colonies(..., s3=S3Settings(...)); "
            "for a store on this machine run: pycolonies dev --s3"
        )
    if os.getenv("AWS_S3_TLS"):
        said["tls"] = environment.flag("AWS_S3_TLS")
    return S3Settings(**said, skip_tls_verify=environment.flag("AWS_S3_SKIPVERIFY"))


_TEXTS = {
    "endpoint": "AWS_S3_ENDPOINT",
    "bucket": "AWS_S3_BUCKET",
    "access_key": "AWS_S3_ACCESSKEY",
    "secret_key": "AWS_S3_SECRETKEY",
    "session_token": "AWS_S3_SESSIONTOKEN",
    "region": "AWS_S3_REGION",
}
_OPTIONAL = {"session_token", "region"}


def _recorded(reference: Mapping[str, Any]) -> dict[str, Any]:
    """Return endpoint, bucket, region and TLS of a record, or nothing if it names no place."""
    found = reference.get("s3object") or {}
    server, port = found.get("server") or "", found.get("port") or 0
    if not server or not found.get("bucket"):
        return {}
    endpoint = f"{server}:{port}" if port > 0 else server
    if not 0 < port < 1 << 16 and port not in (0, _IN_SERVER):
        return {}
    place = {"endpoint": endpoint, "bucket": found["bucket"], "tls": bool(found.get("tls"))}
    return {**place, "region": found["region"]} if found.get("region") else place


def _same_place(settings: S3Settings, recorded: Mapping[str, Any]) -> bool:
    try:
        there = S3Settings(recorded["endpoint"], recorded["bucket"], tls=recorded["tls"]).place()
    except ConfigurationError:
        return False
    return settings.place() == there


def _trusted_file() -> str | None:
    file = os.getenv("AWS_CA_BUNDLE")
    return file if file and not os.path.isdir(file) else environment.trusted_file()  # noqa: PTH112 (a text from the environment)


publish(__name__)
