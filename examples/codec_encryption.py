"""Encrypted arguments and results: the server stores only what it can't read. Needs cryptography."""

from __future__ import annotations

import base64
import json
import os
from typing import Any

from cryptography.fernet import Fernet

from pycolonies import Colonies, Executor, TypeCodec
from pycolonies.testing import COLONY_NAME, COLONY_PRVKEY, EXECUTOR_PRVKEY, DevServer


class EncryptingCodec:
    """Encrypts each argument and each value of a result.

    Names of functions and of keyword arguments stay readable, and so does the length of values.

    Args:
        key: The key that submitters and executors share, as `Fernet.generate_key` makes it.
        inner: Writes the values before they are encrypted.
    """

    def __init__(self, key: bytes, inner: TypeCodec | None = None) -> None:
        self._fernet = Fernet(key)
        self._inner = inner or TypeCodec()

    def encode(self, value: Any, /) -> dict[str, str]:
        text = json.dumps(self._inner.encode(value), allow_nan=False)
        return {"encrypted": self._fernet.encrypt(text.encode()).decode("ascii")}

    def decode(self, value: Any, /) -> Any:
        # A value that is not encrypted is refused: it may come from someone without the key.
        text = self._fernet.decrypt(value["encrypted"].encode("ascii"))
        return self._inner.decode(json.loads(text))


def main() -> None:
    """Run an executor and submit to it, both in this program."""
    # In production both sides read the key from a store of secrets.
    key = os.environ.get("PAYLOAD_KEY", "").encode() or Fernet.generate_key()
    bytes_too = TypeCodec()
    bytes_too.register(
        bytes,
        "bytes",
        encode=lambda data: base64.b64encode(data).decode("ascii"),
        decode=base64.b64decode,
    )
    codec = EncryptingCodec(key, bytes_too)
    with DevServer() as server:
        client = Colonies(
            server.host, server.port, prvkey=EXECUTOR_PRVKEY, colonyname=COLONY_NAME, codec=codec
        )
        executor = Executor("clinic", client=client, colony_prvkey=COLONY_PRVKEY)

        @executor.function
        def diagnose(name: str, scan: bytes) -> dict[str, Any]:
            return {"name": name, "bytes": len(scan), "healthy": True}

        with executor:
            handle = client.with_options(maxexectime=60).call(diagnose, "Ada", b"\x00\x01")
            print(handle.result(timeout=30))
        stored = client.get_process(handle.processid)
        print("readable at the server:", "Ada" in str(stored))


if __name__ == "__main__":
    main()
