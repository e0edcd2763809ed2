"""Keys, identities and signatures."""

from __future__ import annotations

from pycolonies import _core
from pycolonies._checks import kind
from pycolonies._core import PrivateKey
from pycolonies._home import publish

__all__ = ["Crypto", "PrivateKey", "genkey", "get_id", "sign"]


class Crypto:
    """Keys, identities and signatures of the Colonies protocol (secp256k1 and SHA3-256).

    A member of a colony is its private key: 64 hexadecimal digits. Its identity is derived from the
    public key, and the server takes the signer of a message as its sender.

    Args:
        native: Kept for programs written for 1.x, where it chose libcryptolib.so. It changes nothing.
    """

    def __init__(self, native: bool = False) -> None:
        return

    def prvkey(self) -> str:
        """Make a private key from the operating system's random numbers.

        Returns:
            64 lower-case hexadecimal digits. Keep them secret: they prove your identity.
        """
        return _core.generate_prvkey()

    def id(self, id: str | PrivateKey) -> str:  # noqa: A002 (the name is part of the 1.x API)
        """Derive the identity that belongs to a private key.

        Args:
            id: The *private key*, 64 hexadecimal digits or a `PrivateKey`; its name is what 1.x calls it.

        Returns:
            64 lower-case hexadecimal digits: SHA3-256 of the hexadecimal text of the public key.

        Raises:
            InvalidPrivateKeyError: The text is no private key.
        """
        try:
            return _core.identity(_trimmed(id))
        except ValueError:
            del id  # error reporters show local variables
            raise

    def hash(self, data: str) -> str:
        """Hash a text.

        Args:
            data: Any text.

        Returns:
            SHA3-256 of its UTF-8 bytes as 64 lower-case hexadecimal digits.

        Raises:
            UnicodeEncodeError: The text holds a lone surrogate.
        """
        kind("data", data, str, "a string")
        return _core.hash_text(data)

    def sign(self, data: str, prvkey: str | PrivateKey) -> str:
        """Sign the SHA3-256 of a text.

        Args:
            data: Any text.
            prvkey: Private key, 64 hexadecimal digits or a `PrivateKey`.

        Returns:
            r, s and recovery code as 130 lower-case hexadecimal digits. Equal input gives equal
            signatures (RFC 6979).

        Raises:
            InvalidPrivateKeyError: The text is no private key.
            UnicodeEncodeError: The text to sign holds a lone surrogate.
        """
        kind("data", data, str, "a string")
        try:
            return _core.sign(data, _trimmed(prvkey))
        except ValueError:
            del prvkey  # error reporters show local variables
            raise

    def recoverid(self, data: str, prvkey: str) -> str:
        """Tell whose key signed a text.

        Args:
            data: The text that was signed.
            prvkey: The *signature*, 130 hexadecimal digits; its name is what 1.x calls it.

        Returns:
            The signer's identity. A signature of another text gives another identity, so compare it.

        Raises:
            InvalidSignatureError: No key can have made this signature.
            UnicodeEncodeError: The text holds a lone surrogate.
        """
        kind("data", data, str, "a string")
        kind("the signature", prvkey, str, "a string")
        # A lone surrogate, which UTF-8 cannot write, is no digit either.
        return _core.recover_identity(data, prvkey.encode("utf-8", "replace").decode())


def genkey() -> str:
    """Make a private key; `Crypto.prvkey` under the name of 1.x."""
    return _core.generate_prvkey()


def get_id(prv_key: str | PrivateKey) -> str:
    """Derive the identity that belongs to a private key; `Crypto.id` under the name of 1.x."""
    try:
        return _core.identity(_trimmed(prv_key))
    except ValueError:
        del prv_key  # error reporters show local variables
        raise


def sign(msg: str, prv_hex: str | PrivateKey) -> str:
    """Sign the SHA3-256 of a text; `Crypto.sign` under the name of 1.x."""
    kind("msg", msg, str, "a string")
    try:
        return _core.sign(msg, _trimmed(prv_hex))
    except ValueError:
        del prv_hex  # error reporters show local variables
        raise


def _trimmed(key: str | PrivateKey) -> str | PrivateKey:
    """Return a key without the white space around it: files with secrets end with a line break."""
    return key.strip() if isinstance(key, str) else key


publish(__name__)
