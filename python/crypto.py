"""The name of 1.x for `pycolonies.crypto`."""

from pycolonies._curve import (
    fast_multiply,
    from_jacobian,
    inv,
    jacobian_add,
    jacobian_double,
    jacobian_multiply,
    to_jacobian,
)
from pycolonies.crypto import Crypto, genkey, get_id, sign

__all__ = [
    "Crypto",
    "fast_multiply",
    "from_jacobian",
    "genkey",
    "get_id",
    "inv",
    "jacobian_add",
    "jacobian_double",
    "jacobian_multiply",
    "sign",
    "to_jacobian",
]
