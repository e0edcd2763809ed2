"""Calls on the locations of a colony."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pycolonies._client.caller import Caller
from pycolonies._records import Location
from pycolonies._rpc.defaults import OWN, REQUIRED
from pycolonies._rpc.keys import Key


class LocationCalls(Caller):
    """Calls on the locations of a colony."""

    def add_location(self, location: Location | Mapping[str, Any], prvkey: Key = OWN) -> Location:
        """Add a location.

        Args:
            location: ``{"locationid", "name", "colonyname", "description", "long", "lat"}``. The server
                generates no id.
            prvkey: The colony owner's private key.

        Returns:
            The location.

        Raises:
            InvalidRequestError: The name is taken, or there is no such colony.
            PermissionDeniedError: The key is not the colony owner's.
        """
        return (
            self._endpoint(prvkey)
            .call("addlocationmsg", location=self.endpoint.in_colony(location))
            .to(Location)
        )

    def get_location(self, colonyname: str = OWN, name: str = REQUIRED, prvkey: Key = OWN) -> Location:
        """Return a location.

        Args:
            colonyname: Name of the colony.
            name: Name of the location.
            prvkey: Private key of a user, or of an executor in any state.

        Raises:
            NotFoundError: There is no such location.
            PermissionDeniedError: The key is neither's.
        """
        return self._endpoint(prvkey).call("getlocationmsg", colonyname=colonyname, name=name).to(Location)

    def get_locations(self, colonyname: str = OWN, prvkey: Key = OWN) -> list[Location]:
        """List the locations of a colony.

        Args:
            colonyname: Name of the colony.
            prvkey: Private key of a user, or of an executor in any state.

        Raises:
            PermissionDeniedError: The key is neither's.
        """
        return self._endpoint(prvkey).call("getlocationsmsg", colonyname=colonyname).list_of(Location)

    def remove_location(self, colonyname: str = OWN, name: str = REQUIRED, prvkey: Key = OWN) -> None:
        """Remove a location. Executors there keep its name.

        Args:
            colonyname: Name of the colony.
            name: Name of the location.
            prvkey: The colony owner's private key.

        Raises:
            InvalidRequestError: There is no such location.
            PermissionDeniedError: The key is not the colony owner's.
        """
        self._endpoint(prvkey).call("removelocationmsg", colonyname=colonyname, name=name)
