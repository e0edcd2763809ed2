"""The well-known keys of a development server. They are public: never use them where it matters."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from pycolonies._core import (
    COLONY_NAME,
    COLONY_PRVKEY,
    EXECUTOR_NAME,
    EXECUTOR_PRVKEY,
    EXECUTOR_TYPE,
    S3_ACCESS_KEY,
    S3_BUCKET,
    S3_REGION,
    S3_SECRET_KEY,
    SERVER_PRVKEY,
    generate_prvkey,
    identity,
)
from pycolonies._home import publish_for_tests

SERVER_ID = identity(SERVER_PRVKEY)


def environment(host: str, port: int, *, tls: bool = False, keys: DevKeys | None = None) -> dict[str, str]:
    """Return the variables that point a client at a development server.

    Args:
        host: Name or address of the server.
        port: Its port.
        tls: Whether it speaks HTTPS.
        keys: Its keys; the well-known ones by default.
    """
    keys = keys or DevKeys()
    return {
        "COLONIES_SERVER_HOST": host,
        "COLONIES_SERVER_PORT": str(port),
        "COLONIES_SERVER_TLS": "true" if tls else "false",
        "COLONIES_TLS": "true" if tls else "false",  # what other clients of Colonies ask for
        "COLONIES_SERVER_ID": identity(keys.server_prvkey),
        "COLONIES_SERVER_PRVKEY": keys.server_prvkey,
        "COLONIES_COLONY_NAME": COLONY_NAME,
        "COLONIES_COLONY_ID": identity(keys.colony_prvkey),
        "COLONIES_COLONY_PRVKEY": keys.colony_prvkey,
        "COLONIES_EXECUTOR_NAME": EXECUTOR_NAME,
        "COLONIES_EXECUTOR_TYPE": EXECUTOR_TYPE,
        "COLONIES_EXECUTOR_ID": identity(keys.executor_prvkey),
        "COLONIES_ID": identity(keys.executor_prvkey),
        "COLONIES_PRVKEY": keys.executor_prvkey,
    }


def s3_environment(host: str, port: int, *, tls: bool = False, keys: DevKeys | None = None) -> dict[str, str]:
    """Return the variables that point clients at the S3 endpoint of a development server.

    Args:
        host: Name or address of the endpoint.
        port: Its port.
        tls: Whether it speaks HTTPS.
        keys: The server's keys; the well-known ones by default.
    """
    return {
        "AWS_S3_ENDPOINT": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "AWS_S3_ACCESSKEY": S3_ACCESS_KEY,
        "AWS_S3_SECRETKEY": (keys or DevKeys()).s3_secret_key,
        "AWS_S3_REGION": S3_REGION,
        "AWS_S3_BUCKET": S3_BUCKET,
        "AWS_S3_TLS": "true" if tls else "false",
        "AWS_S3_SKIPVERIFY": "false",
    }


@dataclass(frozen=True)
class DevKeys:
    """The private keys of a development server. Without arguments they are the well-known ones.

    Attributes:
        server_prvkey: Private key of the server owner.
        colony_prvkey: Private key of the owner of the development colony.
        executor_prvkey: Private key of the development executor.
        s3_secret_key: Secret of the S3 endpoint's access key.
    """

    server_prvkey: str = field(default=SERVER_PRVKEY, repr=False)
    colony_prvkey: str = field(default=COLONY_PRVKEY, repr=False)
    executor_prvkey: str = field(default=EXECUTOR_PRVKEY, repr=False)
    s3_secret_key: str = field(default=S3_SECRET_KEY, repr=False)

    @classmethod
    def random(cls) -> DevKeys:
        """Make new keys from the operating system's random numbers."""
        return cls(generate_prvkey(), generate_prvkey(), generate_prvkey(), secrets.token_hex(20))

    @property
    def are_public(self) -> bool:
        """Whether these are the well-known keys."""
        return self == DevKeys()

    @property
    def ids(self) -> tuple[str, str, str]:
        """The identities of server owner, colony owner and executor."""
        return identity(self.server_prvkey), identity(self.colony_prvkey), identity(self.executor_prvkey)

    def save(self, path: Path) -> None:
        """Write the keys to a file that only its owner can read. One that is there is replaced.

        Raises:
            OSError: The file cannot be written.
        """
        part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(asdict(self), file, indent=2)
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    @classmethod
    def load(cls, path: Path) -> DevKeys:
        """Read keys from a file.

        Raises:
            OSError: The file cannot be read.
            ValueError: It does not hold keys. The message does not show its content.
        """
        problem = ValueError(f"{path} does not hold the keys of a development server; remove it")
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            raise problem from None
        names = {item.name for item in fields(cls)}
        if not isinstance(found, dict) or found.keys() != names:
            raise problem
        keys = cls(**found)
        try:
            _ = keys.ids
        except (TypeError, ValueError):
            raise problem from None
        if not isinstance(keys.s3_secret_key, str):
            raise problem
        return keys


#: The file in a data directory that holds its keys, unless they are the well-known ones.
KEY_FILE = "keys.json"


publish_for_tests(DevKeys)
