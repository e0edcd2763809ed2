"""Calls on the users of a colony."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pycolonies._client.caller import Caller
from pycolonies._records import User
from pycolonies._rpc.defaults import OWN, REQUIRED
from pycolonies._rpc.keys import Key


class UserCalls(Caller):
    """Calls on the users of a colony."""

    def add_user(self, user: User | Mapping[str, Any], prvkey: Key = OWN) -> User:
        """Add a user to a colony.

        Args:
            user: ``{"colonyname", "userid", "name", "email", "phone"}``; the id is that of the user's key.
            prvkey: The colony owner's private key.

        Returns:
            The user.

        Raises:
            InvalidRequestError: The name is taken.
            PermissionDeniedError: The key is not the colony owner's.
        """
        return self._endpoint(prvkey).call("addusermsg", user=self.endpoint.in_colony(user)).to(User)

    def get_users(self, colonyname: str = OWN, prvkey: Key = OWN) -> list[User]:
        """List the users of a colony.

        Args:
            colonyname: Name of the colony.
            prvkey: Private key of a user, or of an executor in any state.

        Raises:
            PermissionDeniedError: The key is neither's.
        """
        return self._endpoint(prvkey).call("getusersmsg", colonyname=colonyname).list_of(User)

    def remove_user(self, colonyname: str = OWN, name: str = REQUIRED, prvkey: Key = OWN) -> None:
        """Remove a user. The user's processes stay.

        Args:
            colonyname: Name of the colony.
            name: Name of the user.
            prvkey: The colony owner's private key.

        Raises:
            InvalidRequestError: There is no such user.
            PermissionDeniedError: The key is not the colony owner's.
        """
        self._endpoint(prvkey).call("removeusermsg", colonyname=colonyname, name=name)

    def get_user(self, colonyname: str = OWN, name: str = REQUIRED, prvkey: Key = OWN) -> User:
        """Return a user.

        Args:
            colonyname: Name of the colony.
            name: Name of the user.
            prvkey: Private key of a user, or of an executor in any state.

        Raises:
            ServerError: There is no such user (status 500).
            PermissionDeniedError: The key is neither's.
        """
        return self._endpoint(prvkey).call("getusermsg", colonyname=colonyname, name=name).to(User)

    def get_user_by_id(self, colonyname: str = OWN, userid: str = REQUIRED, prvkey: Key = OWN) -> User:
        """Return the user who has an identity.

        Args:
            colonyname: Name of the colony.
            userid: Identity of the user.
            prvkey: Private key of a user, or of an executor in any state.

        Raises:
            NotFoundError: There is no such user.
            PermissionDeniedError: The key is neither's.
        """
        return self._endpoint(prvkey).call("getuserbyidmsg", colonyname=colonyname, userid=userid).to(User)

    def change_user_id(self, colonyname: str = OWN, userid: str = REQUIRED, prvkey: Key = OWN) -> None:
        """Change the identity of a user, at once.

        Args:
            colonyname: Name of the colony.
            userid: The new identity, 64 hexadecimal digits.
            prvkey: The user's private key. Later calls need the new one.

        Raises:
            InvalidRequestError: The id does not have 64 characters, or the key is an executor's.
            PermissionDeniedError: The key is not that of this user.
        """
        self._endpoint(prvkey).call("changeuseridmsg", colonyname=colonyname, userid=userid)
