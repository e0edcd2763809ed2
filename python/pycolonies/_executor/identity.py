"""The identity of an executor: type, name, colony and key."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

from pycolonies._rpc import environment
from pycolonies._rpc.keys import Key, PrivateKey, seal, sealed
from pycolonies.errors import ConfigurationError


@dataclass(frozen=True)
class Identity:
    """The identity of an executor, and the key that adds it to the colony."""

    colonyname: str
    executorname: str
    executortype: str
    prvkey: PrivateKey
    colony_prvkey: PrivateKey | None
    #: Whether this process generated the key, so that no other program can be this executor.
    own: bool
    #: Whether the program chose the name; otherwise the name at the server takes precedence.
    named: bool

    @property
    def executorid(self) -> str:
        """The identity that belongs to the key."""
        return self.prvkey.identity

    def is_for(self, other: Identity) -> bool:
        """Return whether both come from the same settings. Generated keys and names may differ."""
        mine, theirs = (
            replace(one, prvkey=self.prvkey, executorname="") if one.own else one for one in (self, other)
        )
        named = self.executorname == other.executorname or not self.named
        return mine == theirs and named


@sealed
def resolve(
    executortype: str | None,
    executorname: str | None,
    colonyname: str | None,
    prvkey: Key | None,
    colony_prvkey: Key | None,
    *,
    client_colonyname: str | None = None,
) -> Identity:
    """Complete the settings of an executor from its client, then from the environment.

    Args:
        executortype: Its type.
        executorname: Its name.
        colonyname: Its colony.
        prvkey: Its private key.
        colony_prvkey: The private key of the colony's owner.
        client_colonyname: The colony of its client.

    Raises:
        ConfigurationError: Something is missing.
        InvalidPrivateKeyError: A key is no private key.
    """
    kind = executortype or environment.text("COLONIES_EXECUTOR_TYPE")
    colony = colonyname or client_colonyname or environment.text("COLONIES_COLONY_NAME")
    owner: PrivateKey | None = seal(colony_prvkey) or environment.key("COLONIES_COLONY_PRVKEY")
    if not kind:
        raise ConfigurationError(
            "executortype is missing; pass executortype='...', or set COLONIES_EXECUTOR_TYPE"
        )
    if not colony:
        raise ConfigurationError("colonyname is missing; pass colonyname='...', or set COLONIES_COLONY_NAME")
    if prvkey is None and owner is None:
        prvkey = environment.key("COLONIES_PRVKEY")
        executorname = executorname or environment.text("COLONIES_EXECUTOR_NAME")
        if prvkey is None:
            raise ConfigurationError(
                "prvkey is missing; set COLONIES_PRVKEY to the executor's key, or COLONIES_COLONY_PRVKEY to "
                "the colony's, with which the executor adds itself"
            )
    own = prvkey is None
    key = PrivateKey.generate() if prvkey is None else PrivateKey(prvkey)
    suffix = secrets.token_hex(4) if own else key.identity[:8]
    name = executorname or f"{kind}-{suffix}"
    return Identity(colony, name, kind, key, owner, own, named=bool(executorname))
