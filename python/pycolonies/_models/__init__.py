"""The records of the protocol that are pydantic models, as in 1.x."""

from pycolonies._home import publish
from pycolonies._models.base import NEVER, Record
from pycolonies._models.files import File, Reference, S3Object
from pycolonies._models.graph import Position, ProcessEdge, ProcessGraph, ProcessNode
from pycolonies._models.process import Attribute, Process
from pycolonies._models.spec import (
    NO_LIMIT,
    Conditions,
    Fs,
    FuncSpec,
    Gpu,
    OnConflict,
    OnConflicts,
    SnapshotMount,
    SyncDirMount,
)
from pycolonies._models.state import ENDED, ProcessState

__all__ = [
    "ENDED",
    "NEVER",
    "NO_LIMIT",
    "Attribute",
    "Conditions",
    "File",
    "Fs",
    "FuncSpec",
    "Gpu",
    "OnConflict",
    "OnConflicts",
    "Position",
    "Process",
    "ProcessEdge",
    "ProcessGraph",
    "ProcessNode",
    "ProcessState",
    "Record",
    "Reference",
    "S3Object",
    "SnapshotMount",
    "SyncDirMount",
]


publish(__name__)
