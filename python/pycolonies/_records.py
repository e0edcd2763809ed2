"""The records that calls return as plain dictionaries, as they come from the server."""

from __future__ import annotations

from typing import Any, TypedDict


class Colony(TypedDict, total=False):
    """A colony: its name, and the identity of its owner."""

    colonyid: str
    name: str


class User(TypedDict, total=False):
    """A person who is a member of a colony."""

    colonyname: str
    userid: str
    name: str
    email: str
    phone: str


class Executor(TypedDict, total=False):
    """An executor. Its state is 0 pending, 1 approved, 2 rejected or 3 removed."""

    executorid: str
    executortype: str
    executorname: str
    colonyname: str
    state: int
    requirefuncreg: bool
    commissiontime: str
    lastheardfromtime: str
    locationname: str
    capabilities: dict[str, Any]
    allocations: dict[str, Any]
    blueprintid: str
    blueprintgen: int


class FunctionArgument(TypedDict, total=False):
    """An argument of a registered function."""

    name: str
    type: str
    description: str
    required: bool
    enum: list[str]


class Function(TypedDict, total=False):
    """A function that an executor offers, and how its calls went. Times are in seconds."""

    functionid: str
    executorname: str
    executortype: str
    colonyname: str
    funcname: str
    description: str
    args: list[FunctionArgument]
    counter: int
    minwaittime: float
    maxwaittime: float
    minexectime: float
    maxexectime: float
    avgwaittime: float
    avgexectime: float
    locationname: str


class Statistics(TypedDict, total=False):
    """How much of everything a colony holds."""

    colonies: int
    executors: int
    activeexecutors: int
    unregisteredexecutors: int
    waitingprocesses: int
    runningprocesses: int
    successfulprocesses: int
    failedprocesses: int
    cancelledprocesses: int
    waitingworkflows: int
    runningworkflows: int
    successfulworkflows: int
    failedworkflows: int
    cancelledworkflows: int
