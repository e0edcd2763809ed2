"""The name of 1.x for the models of `pycolonies`."""

from pycolonies import (
    Attribute,
    Conditions,
    File,
    Fs,
    FuncSpec,
    Gpu,
    Position,
    Process,
    ProcessEdge,
    ProcessGraph,
    ProcessNode,
    Reference,
    S3Object,
    Workflow,
)

__all__ = [
    "Attribute",
    "Conditions",
    "File",
    "Fs",
    "FuncSpec",
    "Gpu",
    "Position",
    "Process",
    "ProcessEdge",
    "ProcessGraph",
    "ProcessNode",
    "Reference",
    "S3Object",
    "Workflow",
]
