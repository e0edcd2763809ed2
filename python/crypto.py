"""The name of 1.x for `pycolonies.crypto`."""

from pycolonies.crypto import Crypto, genkey, get_id, sign

__all__ = ["Crypto", "genkey", "get_id", "sign"]
