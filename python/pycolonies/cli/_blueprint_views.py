"""How blueprints are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pycolonies.cli._times import moment
from pycolonies.cli._views import (
    Column,
    Fields,
    Id,
    View,
    fields,
    identity,
    listing,
    table,
    time_of,
    word,
)

if TYPE_CHECKING:
    from pycolonies import Blueprint, BlueprintChange


def _metadata(name: str) -> Callable[[Any], str]:
    return lambda found: str(found["metadata"].get(name, ""))


def _metadata_time(name: str) -> Callable[[Any], str]:
    return lambda found: moment(found["metadata"].get(name))


_GENERATION = Column("GENERATION", lambda found: found["metadata"].get("generation", 0), rank=2)
_LIST = [
    Column("NAME", _metadata("name"), cut=12),
    Column("KIND", "kind", cut=8),
    Column("LOCATION", _metadata("locationname"), rank=3, cut=8),
    _GENERATION,
    Column("UPDATED", _metadata_time("updatedAt"), rank=1),
]
_BLUEPRINT = [
    Column("Name", _metadata("name")),
    Column("BlueprintID", identity("blueprintid")),
    Column("Kind", "kind"),
    Column("ColonyName", _metadata("colonyname")),
    Column("Location", _metadata("locationname")),
    Column("Generation", _GENERATION.of),
    Column("Created", _metadata_time("createdAt")),
    Column("Updated", _metadata_time("updatedAt")),
    Column("Last reconciled", _metadata_time("lastReconciliationTime")),
    Column("Last process", lambda found: Id(found["metadata"].get("lastReconciliationProcess", ""))),
]
_CHANGES = [
    Column("GENERATION", "generation"),
    Column("CHANGE", "changetype", cut=8),
    Column("TIME", time_of("timestamp"), rank=1),
    Column("CHANGED BY", identity("changedby"), rank=2),
]
_CHANGE = [
    Column("Generation", "generation"),
    Column("Change", "changetype"),
    Column("Time", time_of("timestamp")),
    Column("Changed by", identity("changedby")),
]


def blueprint_list(found: Sequence[Blueprint]) -> View:
    """Return a list of blueprints."""
    return listing(found, _LIST, empty="No blueprints found")


def blueprint_view(found: Blueprint) -> View:
    """Return all about a blueprint."""
    return View(
        found,
        fields(found, _BLUEPRINT, "Blueprint"),
        *_object(found.get("spec"), "Spec"),
        *_object(found.get("status"), "Status"),
    )


def change_list(found: Sequence[BlueprintChange]) -> View:
    """Return the history of a blueprint, the newest change first."""
    newest_first = sorted(found, key=lambda each: each["generation"], reverse=True)
    changes = [table(newest_first, _CHANGES)] if found else []
    return View(found, *changes, empty="No history found for this blueprint")


def change_view(found: BlueprintChange) -> View:
    """Return one change of a blueprint, with the spec that it set."""
    return View(found, fields(found, _CHANGE, "Change"), *_object(found.get("spec"), "Spec"))


def _object(fields: Mapping[str, Any] | None, title: str) -> list[Fields]:
    return [Fields([(name, word(value)) for name, value in fields.items()], title)] if fields else []
