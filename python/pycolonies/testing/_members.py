"""A colony for a test, and who is in it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from pycolonies import Colonies
from pycolonies._core import EXECUTOR_TYPE, SERVER_PRVKEY, generate_prvkey, identity
from pycolonies._home import publish_for_tests


@dataclass(frozen=True)
class Member:
    """An executor or a user of a colony.

    Args:
        name: Its name.
        prvkey: Its private key.
    """

    name: str
    prvkey: str = field(repr=False)

    @property
    def id(self) -> str:
        """Its identity."""
        return identity(self.prvkey)


@dataclass
class Colony:
    """A new colony on a development server, with the keys of its members.

    Args:
        client: A client of the server.
        name: The colony's name; a new, unique one by default.
        prvkey: Private key of its owner; a new one by default.
        server_prvkey: Private key of the server's owner; that of a development server by default.
    """

    client: Colonies
    name: str = field(default_factory=lambda: _new_name("colony"))
    prvkey: str = field(default_factory=generate_prvkey, repr=False)
    server_prvkey: str = field(default=SERVER_PRVKEY, repr=False)

    def __post_init__(self) -> None:
        self.client.add_colony({"colonyid": self.id, "name": self.name}, self.server_prvkey)

    @property
    def id(self) -> str:
        """The identity of its owner."""
        return identity(self.prvkey)

    def remove(self) -> None:
        """Remove it with everything in it."""
        self.client.del_colony(self.name, self.server_prvkey)

    def executor(
        self, executortype: str = EXECUTOR_TYPE, *, name: str | None = None, approve: bool = True
    ) -> Member:
        """Add an executor with its own key.

        Args:
            executortype: Its type.
            name: Its name; a new one by default.
            approve: Whether to approve it, too, so that it can take processes.
        """
        member = Member(name or _new_name("executor"), generate_prvkey())
        self.client.add_executor(
            {
                "executorname": member.name,
                "executorid": member.id,
                "executortype": executortype,
                "colonyname": self.name,
            },
            self.prvkey,
        )
        if approve:
            self.client.approve_executor(self.name, member.name, self.prvkey)
        return member

    def user(self, *, name: str | None = None) -> Member:
        """Add a user with its own key.

        Args:
            name: Its name; a new one by default.
        """
        member = Member(name or _new_name("user"), generate_prvkey())
        self.client.add_user({"colonyname": self.name, "userid": member.id, "name": member.name}, self.prvkey)
        return member


def _new_name(kind: str) -> str:
    return f"{kind}-{secrets.token_hex(4)}"


publish_for_tests(Colony, Member)
