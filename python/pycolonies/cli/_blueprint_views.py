"""How blueprints are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pycolonies.cli._times import moment
from pycolonies.cli._views import Fields, Table, View, word

if TYPE_CHECKING:
    from pycolonies import Blueprint, BlueprintChange


def blueprint_list(found: Sequence[Blueprint]) -> View:
    """Return a list of blueprints."""
    rows = [
        (
            each["metadata"]["name"],
            each["kind"],
            each["metadata"].get("locationname", ""),
            str(each["metadata"].get("generation", 0)),
            moment(each["metadata"].get("updatedAt")),
        )
        for each in found
    ]
    table = Table(("NAME", "KIND", "LOCATION", "GENERATION", "UPDATED"), rows)
    return View(found, *([table] if rows else []), empty="No blueprints found")


def blueprint_view(found: Blueprint) -> View:
    """Return all that there is to say about a blueprint."""
    metadata = found["metadata"]
    rows = [
        ("Name", metadata["name"]),
        ("BlueprintID", found["blueprintid"]),
        ("Kind", found["kind"]),
        ("ColonyName", metadata["colonyname"]),
        ("Location", metadata.get("locationname", "")),
        ("Generation", str(metadata.get("generation", 0))),
        ("Created", moment(metadata.get("createdAt"))),
        ("Updated", moment(metadata.get("updatedAt"))),
        ("Last reconciled", moment(metadata.get("lastReconciliationTime"))),
        ("Last process", metadata.get("lastReconciliationProcess", "")),
    ]
    return View(
        found,
        Fields(rows, "Blueprint"),
        *_object(found.get("spec"), "Spec"),
        *_object(found.get("status"), "Status"),
    )


def change_list(found: Sequence[BlueprintChange]) -> View:
    """Return the history of a blueprint, the newest change first."""
    rows = [
        (str(each["generation"]), each["changetype"], moment(each["timestamp"]), each["changedby"])
        for each in sorted(found, key=lambda each: each["generation"], reverse=True)
    ]
    table = Table(("GENERATION", "CHANGE", "TIME", "CHANGED BY"), rows)
    return View(found, *([table] if rows else []), empty="No history found for this blueprint")


def change_view(found: BlueprintChange) -> View:
    """Return one change of a blueprint: what it was from then on."""
    rows = [
        ("Generation", str(found["generation"])),
        ("Change", found["changetype"]),
        ("Time", moment(found["timestamp"])),
        ("Changed by", found["changedby"]),
    ]
    return View(found, Fields(rows, "Change"), *_object(found.get("spec"), "Spec"))


def _object(fields: Mapping[str, Any] | None, title: str) -> list[Fields]:
    return [Fields([(name, word(value)) for name, value in fields.items()], title)] if fields else []
