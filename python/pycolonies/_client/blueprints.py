"""Calls on blueprints: desired states of resources, which executors reconcile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pycolonies._client.caller import Caller
from pycolonies._models import Process
from pycolonies._records import Blueprint, BlueprintChange, BlueprintDefinition
from pycolonies._rpc.defaults import OWN, REQUIRED
from pycolonies._rpc.endpoint import require
from pycolonies._rpc.keys import Key


class BlueprintCalls(Caller):
    """Calls on blueprints: desired states of resources, which executors reconcile."""

    def add_blueprint_definition(
        self, definition: BlueprintDefinition | Mapping[str, Any], prvkey: Key = OWN
    ) -> BlueprintDefinition:
        """Define a kind of blueprint.

        Args:
            definition: ``{"kind", "metadata": {"name", "colonyname"}, "spec"}``; the kind is the one in
                ``spec.names``, and ``spec.handler`` names the executor type that reconciles.
            prvkey: The colony owner's private key.

        Returns:
            The definition, with its id.

        Raises:
            ServerError: The name is taken (status 500).
            PermissionDeniedError: The key is not the colony owner's.
        """
        return (
            self._endpoint(prvkey)
            .call("addblueprintdefinitionmsg", blueprintdefinition=definition)
            .to(BlueprintDefinition)
        )

    def get_blueprint_definition(
        self, colony_name: str = OWN, name: str = REQUIRED, prvkey: Key = OWN
    ) -> BlueprintDefinition:
        """Return a definition.

        Args:
            colony_name: Name of the colony.
            name: Name of the definition.
            prvkey: Private key of a member, or of the colony owner.

        Raises:
            NotFoundError: There is no such definition.
            PermissionDeniedError: The key is neither's.
        """
        return (
            self._endpoint(prvkey)
            .call("getblueprintdefinitionmsg", colonyname=colony_name, name=name)
            .to(BlueprintDefinition)
        )

    def get_blueprint_definitions(
        self, colony_name: str = OWN, prvkey: Key = OWN
    ) -> list[BlueprintDefinition]:
        """List the definitions of a colony by name.

        Args:
            colony_name: Name of the colony.
            prvkey: Private key of a member, or of the colony owner.

        Raises:
            PermissionDeniedError: The key is neither's.
        """
        return (
            self._endpoint(prvkey)
            .call("getblueprintdefinitionsmsg", colonyname=colony_name)
            .list_of(BlueprintDefinition)
        )

    def remove_blueprint_definition(
        self, colony_name: str = OWN, name: str = REQUIRED, prvkey: Key = OWN
    ) -> None:
        """Remove a definition without blueprints.

        Args:
            colony_name: Name of the colony.
            name: Name of the definition.
            prvkey: The colony owner's private key.

        Raises:
            NotFoundError: There is no such definition.
            ConflictError: There are blueprints of its kind.
            PermissionDeniedError: The key is not the colony owner's.
        """
        self._endpoint(prvkey).call("removeblueprintdefinitionmsg", namespace=colony_name, name=name)

    def add_blueprint(self, blueprint: Blueprint | Mapping[str, Any], prvkey: Key = OWN) -> Blueprint:
        """Add a blueprint. The server submits a process that reconciles it, now and every minute.

        Args:
            blueprint: ``{"kind", "metadata": {"name", "colonyname"}, "spec"}``.
            prvkey: Private key of a member, or of the colony owner.

        Returns:
            The blueprint, with its id.

        Raises:
            InvalidRequestError: The kind is not defined, or the spec does not fit its schema.
            ConflictError: The name is taken.
            PermissionDeniedError: The key is neither's.
        """
        return self._endpoint(prvkey).call("addblueprintmsg", blueprint=blueprint).to(Blueprint)

    def get_blueprint(self, colony_name: str = OWN, name: str = REQUIRED, prvkey: Key = OWN) -> Blueprint:
        """Return a blueprint.

        Args:
            colony_name: Name of the colony.
            name: Name of the blueprint.
            prvkey: Private key of a member, or of the colony owner.

        Raises:
            NotFoundError: There is no such blueprint.
            PermissionDeniedError: The key is neither's.
        """
        return self._endpoint(prvkey).call("getblueprintmsg", namespace=colony_name, name=name).to(Blueprint)

    def get_blueprints(
        self,
        colony_name: str = OWN,
        prvkey: Key = OWN,
        kind: str | None = None,
        location: str | None = None,
    ) -> list[Blueprint]:
        """List the blueprints of a colony by name.

        Args:
            colony_name: Name of the colony.
            prvkey: Private key of a member, or of the colony owner.
            kind: Only those of this kind.
            location: Only those at this location, in any case of letters. Needs a kind.

        Raises:
            PermissionDeniedError: The key is neither's.
            ValueError: There is a location without a kind; the server would ignore it.
        """
        if location and not kind:
            raise ValueError("location can only be given together with kind")
        fields = {"kind": kind or "", "locationname": location or ""}
        return (
            self._endpoint(prvkey)
            .call("getblueprintsmsg", namespace=colony_name, **fields)
            .list_of(Blueprint)
        )

    def update_blueprint(
        self, blueprint: Blueprint | Mapping[str, Any], prvkey: Key = OWN, force_generation: bool = False
    ) -> Blueprint:
        """Replace the blueprint of that name as a whole.

        Args:
            blueprint: The new one.
            prvkey: Private key of a member, or of the colony owner.
            force_generation: Count it as changed although its spec is the same.

        Returns:
            The blueprint, with its generation: one more where the spec has changed.

        Raises:
            InvalidRequestError: The kind is not defined, or the spec does not fit its schema.
            NotFoundError: There is no such blueprint.
            PermissionDeniedError: The key is neither's.
        """
        return (
            self._endpoint(prvkey)
            .call("updateblueprintmsg", blueprint=blueprint, forcegeneration=force_generation)
            .to(Blueprint)
        )

    def remove_blueprint(self, colony_name: str = OWN, name: str = REQUIRED, prvkey: Key = OWN) -> None:
        """Remove a blueprint. The server submits a process that cleans up.

        Args:
            colony_name: Name of the colony.
            name: Name of the blueprint.
            prvkey: Private key of a member, or of the colony owner.

        Raises:
            NotFoundError: There is no such blueprint.
            PermissionDeniedError: The key is neither's.
        """
        self._endpoint(prvkey).call("removeblueprintmsg", namespace=colony_name, name=name)

    def update_blueprint_status(
        self,
        colony_name: str = OWN,
        name: str = REQUIRED,
        status: dict[str, Any] = REQUIRED,
        prvkey: Key = OWN,
    ) -> None:
        """Set the status: the actual state of the resource.

        Args:
            colony_name: Name of the colony.
            name: Name of the blueprint.
            status: Any JSON object; it replaces the previous one. An empty one removes it.
            prvkey: Private key of a member.

        Raises:
            NotFoundError: There is no such blueprint.
            PermissionDeniedError: The key is no member's.
        """
        require(name=name)
        self._endpoint(prvkey).call(
            "updateblueprintstatusmsg", colonyname=colony_name, blueprintname=name, status=status
        )

    def reconcile_blueprint(
        self, colony_name: str = OWN, name: str = REQUIRED, prvkey: Key = OWN, force: bool = False
    ) -> Process:
        """Submit a process that reconciles a blueprint.

        Args:
            colony_name: Name of the colony.
            name: Name of the blueprint.
            prvkey: Private key of a member.
            force: Count the blueprint as changed.

        Returns:
            The process.

        Raises:
            InvalidRequestError: Its definition names no executor type, or no function.
            NotFoundError: There is no such blueprint.
            PermissionDeniedError: The key is no member's.
        """
        reply = self._endpoint(prvkey).call(
            "reconcileblueprintmsg", namespace=colony_name, name=name, force=force
        )
        return reply.dict_of(Process)

    def get_blueprint_history(
        self, blueprint_id: str, prvkey: Key = OWN, limit: int | None = None
    ) -> list[BlueprintChange]:
        """List how a blueprint has changed, the newest first.

        Args:
            blueprint_id: Its id.
            prvkey: Private key of a member, or of the colony owner.
            limit: How many entries at most; None for all.

        Raises:
            NotFoundError: There is no such blueprint.
            PermissionDeniedError: The key is neither's.
        """
        return (
            self._endpoint(prvkey)
            .call("getblueprinthistorymsg", blueprintid=blueprint_id, limit=limit or 0)
            .list_of(BlueprintChange)
        )
