"""Function specs: what to execute, and which executors may execute it."""

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator

from pycolonies import _checks as checks
from pycolonies._models.base import Record, Texts, empty_for_null

#: In maxwaittime, maxexectime and maxretries: no limit.
NO_LIMIT = -1


class Request(Record):
    """What programs make themselves: misspelt and impossible fields are refused.

    Records that are read from a server, and dictionaries that are validated, keep unknown fields.
    """

    #: Further names that may be given.
    _allowed: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, /, **fields: Any) -> None:
        checks.refuse_unknown(type(self), fields, self._allowed)
        checks.refuse_impossible(fields)
        super().__init__(**fields)

    # So pydantic does not call it for records that it validates.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]  # pydantic reads it


class Gpu(Request):
    """Graphics processors that a process needs."""

    name: str = ""
    mem: str = ""
    count: int = 0
    nodecount: int = 0


class Conditions(Request):
    """Which executors may run a function spec, and what they must have to offer."""

    _allowed = frozenset({"colonyid"})  # its name in 2023

    colonyname: str = ""
    executornames: list[str] | None = None
    executortype: str = ""
    dependencies: Texts = []
    nodes: int = 0
    cpu: str = ""
    processes: int = 0
    processespernode: int = 0
    mem: str = ""
    storage: str = ""
    gpu: Gpu | None = Gpu()
    walltime: int = 0


class SnapshotMount(Request):
    """A snapshot that is laid out for a process."""

    snapshotid: str = ""
    label: str = ""
    dir: str = ""
    keepfiles: bool = False
    keepsnapshot: bool = False


class OnConflict(Request):
    """Which side of a conflict stays."""

    keeplocal: bool = False


class OnConflicts(Request):
    """What is done about conflicts before and after a run."""

    onstart: OnConflict = OnConflict()
    onclose: OnConflict = OnConflict()


class SyncDirMount(Request):
    """A directory that is synchronised before and after a run."""

    label: str = ""
    dir: str = ""
    keepfiles: bool = False
    onconflicts: OnConflicts = OnConflicts()


class Fs(Request):
    """Files that a process finds when it runs."""

    mount: str = ""
    snapshots: list[SnapshotMount] | None = None
    dirs: list[SyncDirMount] | None = None


class FuncSpec(Request):
    """What is asked for: a function, its arguments, and who may run it.

    ``maxwaittime`` and ``maxexectime`` are seconds; -1 is no limit, here as in ``maxretries``. Numbers in
    ``args`` and ``kwargs`` travel as 64-bit floats, so integers beyond 2**53 lose digits on the server.
    """

    nodename: str = ""
    funcname: str = ""
    args: Annotated[list[Any], BeforeValidator(empty_for_null)] = []
    kwargs: dict[str, Any] | None = {}
    priority: int = 0
    maxwaittime: int = 0
    maxexectime: int = 0
    maxretries: int = 0
    conditions: Conditions = Conditions()
    label: str = ""
    fs: Fs | None = Fs()
    env: Annotated[dict[str, str], BeforeValidator(lambda env: {} if env is None else env)] = {}
    channels: Texts = []
