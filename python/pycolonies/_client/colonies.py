"""Calls on colonies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pycolonies._client.caller import Caller
from pycolonies._records import Colony, Statistics
from pycolonies._rpc.defaults import OWN, REQUIRED
from pycolonies._rpc.keys import Key


class ColonyCalls(Caller):
    """Calls on colonies."""

    def add_colony(self, colony: Colony | Mapping[str, Any], prvkey: Key = OWN) -> Colony:
        """Add a colony.

        Args:
            colony: ``{"colonyid": identity of its owner, "name": unique name}``.
            prvkey: The server owner's private key.

        Returns:
            The colony.

        Raises:
            InvalidRequestError: The name is taken, or the id does not have 64 characters.
            PermissionDeniedError: The key is not the server owner's.
        """
        return self._endpoint(prvkey).call("addcolonymsg", colony=colony).to(Colony)

    def del_colony(self, colonyname: str = OWN, prvkey: Key = OWN) -> None:
        """Remove a colony with everything in it: executors, users, processes, logs, files.

        Args:
            colonyname: Name of the colony.
            prvkey: The server owner's private key.

        Raises:
            InvalidRequestError: There is no such colony.
            PermissionDeniedError: The key is not the server owner's.
        """
        self._endpoint(prvkey).call("removecolonymsg", colonyname=colonyname)

    def list_colonies(self, prvkey: Key = OWN) -> list[Colony]:
        """List all colonies of the server.

        Args:
            prvkey: The server owner's private key.

        Raises:
            PermissionDeniedError: The key is not the server owner's.
        """
        return self._endpoint(prvkey).call("getcoloniesmsg").list_of(Colony)

    def get_colony(self, colonyname: str = OWN, prvkey: Key = OWN) -> Colony:
        """Return a colony.

        Args:
            colonyname: Name of the colony.
            prvkey: Private key of a member. Owners are no members.

        Raises:
            PermissionDeniedError: The key is no member's, or there is no such colony.
        """
        return self._endpoint(prvkey).call("getcolonymsg", colonyname=colonyname).to(Colony)

    def stats(self, colonyname: str = OWN, prvkey: Key = OWN) -> Statistics:
        """Return statistics of a colony: numbers of executors, processes and workflows.

        Args:
            colonyname: Name of the colony.
            prvkey: Private key of a member.

        Raises:
            InvalidRequestError: There is no such colony.
            PermissionDeniedError: The key is no member's.
        """
        return self._endpoint(prvkey).call("getcolonystatsmsg", colonyname=colonyname).to(Statistics)

    def change_colony_id(self, colonyname: str = OWN, colonyid: str = REQUIRED, prvkey: Key = OWN) -> None:
        """Change the owner of a colony, at once. Its members stay.

        Args:
            colonyname: Name of the colony.
            colonyid: Identity of the new owner, 64 hexadecimal digits.
            prvkey: The colony owner's private key. Later calls need the new one.

        Raises:
            InvalidRequestError: The id does not have 64 characters.
            PermissionDeniedError: The key is not the colony owner's.
        """
        self._endpoint(prvkey).call("changecolonyidmsg", colonyname=colonyname, colonyid=colonyid)

    def pause_assignments(self, colonyname: str = OWN, prvkey: Key = OWN) -> None:
        """Pause assignments. Running processes continue, and new ones can be submitted.

        Args:
            colonyname: Name of the colony.
            prvkey: The colony owner's private key.

        Raises:
            PermissionDeniedError: The key is not the colony owner's.
        """
        self._endpoint(prvkey).call("pauseassignmentsmsg", colonyname=colonyname)

    def resume_assignments(self, colonyname: str = OWN, prvkey: Key = OWN) -> None:
        """Resume assignments.

        Args:
            colonyname: Name of the colony.
            prvkey: The colony owner's private key.

        Raises:
            PermissionDeniedError: The key is not the colony owner's.
        """
        self._endpoint(prvkey).call("resumeassignmentsmsg", colonyname=colonyname)

    def assignments_are_paused(self, colonyname: str = OWN, prvkey: Key = OWN) -> bool:
        """Return whether the assignments of a colony are paused.

        Args:
            colonyname: Name of the colony.
            prvkey: Private key of a user, or of an executor in any state. Owners are no members.

        Raises:
            PermissionDeniedError: The key is neither's.
        """
        return bool(
            self._endpoint(prvkey).call("getpausestatusmsg", colonyname=colonyname).value()["ispaused"]
        )
