"""Measures coincurve (libsecp256k1) at the same signatures and identities."""

from __future__ import annotations

from hashlib import sha3_256
from importlib.metadata import version
from itertools import cycle
from typing import Any

from coincurve import PrivateKey

from measuring import Operation, Worker


def sign(text: str, key: PrivateKey) -> str:
    return key.sign_recoverable(sha3_256(text.encode()).digest(), hasher=None).hex()


def identity(prvkey: str) -> str:
    public_key = PrivateKey(bytes.fromhex(prvkey)).public_key.format(compressed=False)
    return sha3_256(public_key.hex().encode()).hexdigest()


class Signing:
    """Signatures and identities, of a key that the driver chooses."""

    def choose(self, texts: list[str], prvkey: str) -> dict[str, Any]:
        """Remember the input; return what comes out, for comparison between the candidates."""
        self.texts = texts
        self.prvkey = prvkey
        self.key = PrivateKey(bytes.fromhex(prvkey))
        signatures = [sign(text, self.key) for text in texts]
        return {"signatures": signatures, "id": identity(prvkey), "version": version("coincurve")}

    def sign(self) -> Operation:
        """Sign with a key object that is there already: what coincurve is best at."""
        texts = cycle(self.texts)
        return lambda: sign(next(texts), self.key)

    def sign_reading_key(self) -> Operation:
        """Sign with the key's text, as callers of pycolonies do: coincurve derives the public key as well."""
        texts = cycle(self.texts)
        return lambda: sign(next(texts), PrivateKey(bytes.fromhex(self.prvkey)))

    def id(self) -> Operation:
        return lambda: identity(self.prvkey)


def main() -> None:
    signing = Signing()
    Worker(
        {"sign": signing.sign, "sign_reading_key": signing.sign_reading_key, "id": signing.id},
        choose=signing.choose,
    ).serve()


if __name__ == "__main__":
    main()
