"""Calls on colonies and their users."""

from __future__ import annotations

from pycolonies._client._caller import Caller
from pycolonies._records import Colony, Statistics, User


class ColonyCalls(Caller):
    """Calls on colonies and their users."""

    def add_colony(self, colony: Colony, prvkey: str) -> Colony:
        """Add a colony.

        Args:
            colony: ``{"colonyid": identity of its owner, "name": unique name}``.
            prvkey: The server owner's private key.

        Returns:
            The colony.

        Raises:
            InvalidRequestError: The name is taken, or the id has not 64 characters.
            PermissionDeniedError: The key is not the server owner's.
        """
        added: Colony = self._ask("addcolonymsg", prvkey, colony=colony)
        return added

    def del_colony(self, colonyname: str, prvkey: str) -> None:
        """Remove a colony with everything in it: executors, users, processes, logs, files.

        Args:
            colonyname: Name of the colony.
            prvkey: The server owner's private key.

        Raises:
            InvalidRequestError: There is no such colony.
            PermissionDeniedError: The key is not the server owner's.
        """
        self._call("removecolonymsg", prvkey, colonyname=colonyname)

    def list_colonies(self, prvkey: str) -> list[Colony]:
        """List all colonies of the server.

        Args:
            prvkey: The server owner's private key.

        Raises:
            PermissionDeniedError: The key is not the server owner's.
        """
        return self._ask("getcoloniesmsg", prvkey) or []

    def get_colony(self, colonyname: str, prvkey: str) -> Colony:
        """Return a colony.

        Args:
            colonyname: Name of the colony.
            prvkey: Private key of a member. Owners are no members.

        Raises:
            PermissionDeniedError: The key is no member's, or there is no such colony.
        """
        colony: Colony = self._ask("getcolonymsg", prvkey, colonyname=colonyname)
        return colony

    def stats(self, colonyname: str, prvkey: str) -> Statistics:
        """Count what a colony holds.

        Args:
            colonyname: Name of the colony.
            prvkey: Private key of a member.

        Raises:
            InvalidRequestError: There is no such colony.
            PermissionDeniedError: The key is no member's.
        """
        statistics: Statistics = self._ask("getcolonystatsmsg", prvkey, colonyname=colonyname)
        return statistics

    def add_user(self, user: User, prvkey: str) -> User:
        """Make a person a member of a colony.

        Args:
            user: ``{"colonyname", "userid", "name", "email", "phone"}``; the id is that of the user's key.
            prvkey: The colony owner's private key.

        Returns:
            The user.

        Raises:
            InvalidRequestError: The name is taken.
            PermissionDeniedError: The key is not the colony owner's.
        """
        added: User = self._ask("addusermsg", prvkey, user=user)
        return added

    def get_users(self, colonyname: str, prvkey: str) -> list[User]:
        """List the users of a colony.

        Args:
            colonyname: Name of the colony.
            prvkey: Private key of a member.

        Raises:
            PermissionDeniedError: The key is no member's.
        """
        return self._ask("getusersmsg", prvkey, colonyname=colonyname) or []

    def remove_user(self, colonyname: str, name: str, prvkey: str) -> None:
        """End a user's membership. The user's processes stay.

        Args:
            colonyname: Name of the colony.
            name: Name of the user.
            prvkey: The colony owner's private key.

        Raises:
            InvalidRequestError: There is no such user.
            PermissionDeniedError: The key is not the colony owner's.
        """
        self._call("removeusermsg", prvkey, colonyname=colonyname, name=name)
