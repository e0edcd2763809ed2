"""Calls on generators, which collect arguments and submit a workflow with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pycolonies._client.caller import Caller
from pycolonies._records import Generator
from pycolonies._rpc.defaults import OWN, REQUIRED
from pycolonies._rpc.encoding import dumps, loads
from pycolonies._rpc.keys import Key
from pycolonies._rpc.values import plain
from pycolonies._shown import shown


class GeneratorCalls(Caller):
    """Calls on generators, which collect arguments and submit a workflow with them."""

    def add_generator(self, generator: Generator | Mapping[str, Any], prvkey: Key = OWN) -> Generator:
        """Add a generator. It submits its workflow for every `trigger` packed arguments.

        Args:
            generator: ``{"name", "colonyname", "workflowspec", "trigger", "timeout"}``. The workflow may be
                given as such, or as JSON text. After `timeout` seconds fewer arguments are enough, too; 0 to
                wait for all of them.
            prvkey: Private key of a member. The workflows are submitted in its name.

        Returns:
            The generator, with the id that the server gave it.

        Raises:
            InvalidRequestError: The workflow is malformed, or the name is taken.
            PermissionDeniedError: The key is no member's.
            ValueError: The trigger is below 1; such a generator would crash some servers.
        """
        fields = self.endpoint.in_colony(generator)
        if fields.get("trigger", 0) < 1:
            raise ValueError(f"trigger must be at least 1, got {shown(fields.get('trigger'))}")
        workflow = fields.get("workflowspec")
        if isinstance(workflow, str):
            plain(loads(workflow), "workflowspec")
        elif workflow is not None:
            fields["workflowspec"] = dumps(workflow, "")
        return self._endpoint(prvkey).call("addgeneratormsg", generator=fields).to(Generator)

    def get_generator(self, generatorid: str, prvkey: Key = OWN) -> Generator:
        """Return a generator.

        Args:
            generatorid: Its id.
            prvkey: Private key of a member.

        Raises:
            ServerError: There is no such generator (status 500).
            PermissionDeniedError: The key is no member's.
        """
        return self._endpoint(prvkey).call("getgeneratormsg", generatorid=generatorid).to(Generator)

    def resolve_generator(
        self, colonyname: str = OWN, generatorname: str = REQUIRED, prvkey: Key = OWN
    ) -> Generator:
        """Return a generator by its name.

        Args:
            colonyname: Name of the colony.
            generatorname: Name of the generator.
            prvkey: Private key of a member.

        Raises:
            ServerError: There is no such generator (status 500).
            PermissionDeniedError: The key is no member's.
        """
        fields = {"colonyname": colonyname, "generatorname": generatorname}
        return self._endpoint(prvkey).call("resolvegeneratormsg", **fields).to(Generator)

    def get_generators(self, colonyname: str = OWN, prvkey: Key = OWN, count: int = 100) -> list[Generator]:
        """List the generators of a colony.

        Args:
            colonyname: Name of the colony.
            prvkey: Private key of a member.
            count: How many at most.

        Raises:
            PermissionDeniedError: The key is no member's.
        """
        return (
            self._endpoint(prvkey)
            .call("getgeneratorsmsg", colonyname=colonyname, count=count)
            .list_of(Generator)
        )

    def pack_generator(self, generatorid: str, arg: str, prvkey: Key = OWN) -> None:
        """Pack an argument for a generator.

        Args:
            generatorid: Its id.
            arg: The argument. The first nodes of the workflow get it among their ``args``.
            prvkey: Private key of a member.

        Raises:
            ServerError: There is no such generator (status 500).
            PermissionDeniedError: The key is no member's.
        """
        self._endpoint(prvkey).call("packgeneratormsg", generatorid=generatorid, arg=arg)

    def remove_generator(self, generatorid: str, prvkey: Key = OWN) -> None:
        """Remove a generator with its packed arguments.

        Args:
            generatorid: Its id.
            prvkey: Private key of a member.

        Raises:
            ServerError: There is no such generator (status 500).
            PermissionDeniedError: The key is no member's.
        """
        self._endpoint(prvkey).call("removegeneratormsg", generatorid=generatorid)
