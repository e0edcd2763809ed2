"""The records of the protocol as pydantic models.

Fields carry the protocol's own names. Beside attribute access every model takes subscripts
(``process["spec"]["funcname"]``), as the plain dictionaries of earlier versions did. Fields that a
newer server adds are kept and sent back; fields that it leaves out have their defaults.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from pycolonies._render import Box, Drawn, Picture, state_of_colour

#: The protocol's "never".
NEVER = datetime(1, 1, 1, tzinfo=timezone.utc)

#: In maxwaittime, maxexectime and maxretries: no limit.
NO_LIMIT = -1


def empty_for_null(value: object) -> object:
    """Read the null that a server sends for an empty list as one."""
    return [] if value is None else value


#: Lists that a server sends as null when they are empty.
_Texts = Annotated[list[str], BeforeValidator(empty_for_null)]


class Record(BaseModel):
    """What all models share: subscripts by the protocol's field names, and tolerance for new fields."""

    model_config = ConfigDict(extra="allow", populate_by_name=True, defer_build=True, protected_namespaces=())

    def __getitem__(self, key: str) -> Any:
        try:
            return getattr(self, self._attribute(key))
        except AttributeError:
            raise KeyError(key) from None

    def __setitem__(self, key: str, value: object) -> None:
        setattr(self, self._attribute(key), value)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and hasattr(self, self._attribute(key))

    def get(self, key: str, default: object = None) -> Any:
        """Return the field of that name in the protocol, else the default."""
        return getattr(self, self._attribute(key), default)

    def keys(self) -> list[str]:
        """Return the fields' names in the protocol."""
        return list(self.model_dump(by_alias=True))

    def values(self) -> list[Any]:
        """Return the fields' values, in the order of `keys`."""
        return [self[key] for key in self.keys()]

    def items(self) -> list[tuple[str, Any]]:
        """Return the fields' names in the protocol, each with its value."""
        return [(key, self[key]) for key in self.keys()]

    @classmethod
    def _attribute(cls, key: str) -> str:
        return key


class Gpu(Record):
    """Graphics processors that a process needs."""

    name: str = ""
    mem: str = ""
    count: int = 0
    nodecount: int = 0


class Conditions(Record):
    """Which executors may run a function spec, and what they must have to offer."""

    colonyname: str = ""
    executornames: list[str] | None = None
    executortype: str = ""
    dependencies: _Texts = []
    nodes: int = 0
    cpu: str = ""
    processes: int = 0
    processespernode: int = 0
    mem: str = ""
    storage: str = ""
    gpu: Gpu | None = Gpu()
    walltime: int = 0


class SnapshotMount(Record):
    """A snapshot that is laid out for a process."""

    snapshotid: str = ""
    label: str = ""
    dir: str = ""
    keepfiles: bool = False
    keepsnapshot: bool = False


class OnConflict(Record):
    """Which side of a conflict stays."""

    keeplocal: bool = False


class OnConflicts(Record):
    """What is done about conflicts before and after a run."""

    onstart: OnConflict = OnConflict()
    onclose: OnConflict = OnConflict()


class SyncDirMount(Record):
    """A directory that is synchronised before and after a run."""

    label: str = ""
    dir: str = ""
    keepfiles: bool = False
    onconflicts: OnConflicts = OnConflicts()


class Fs(Record):
    """Files that a process finds when it runs."""

    mount: str = ""
    snapshots: list[SnapshotMount] | None = None
    dirs: list[SyncDirMount] | None = None


class FuncSpec(Record):
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
    channels: _Texts = []


class Attribute(Record):
    """A named value that is attached to a process."""

    attributeid: str = ""
    targetid: str = ""
    targetcolonyname: str = ""
    targetprocessgraphid: str = ""
    state: int = 0
    attributetype: int = 0
    key: str = ""
    value: str = ""


class Process(Record):
    """One run of a function spec, as the server keeps it.

    ``state`` is one of ``Colonies.WAITING``, ``RUNNING``, ``SUCCESSFUL``, ``FAILED`` and ``CANCELLED``.
    Times are in UTC; one that has not come yet is ``NEVER``, the first of January in the year 1.
    """

    processid: str = ""
    initiatorid: str = ""
    initiatorname: str = ""
    assignedexecutorid: str = ""
    isassigned: bool = False
    state: int = 0
    prioritytime: int = 0
    submissiontime: datetime = NEVER
    starttime: datetime = NEVER
    endtime: datetime = NEVER
    waitdeadline: datetime = NEVER
    execdeadline: datetime = NEVER
    retries: int = 0
    attributes: list[Attribute] | None = []
    spec: FuncSpec = FuncSpec()
    waitforparents: bool = False
    parents: _Texts = []
    children: _Texts = []
    processgraphid: str = ""
    input: list[Any] | None = Field(default=[], alias="in")
    output: list[Any] | None = Field(default=[], alias="out")
    errors: _Texts = []

    @classmethod
    def _attribute(cls, key: str) -> str:
        return {"in": "input", "out": "output"}.get(key, key)


class Position(Record):
    """Where a node is drawn."""

    x: int = 0
    y: int = 0


class ProcessNode(Record):
    """A process in the drawing of a process graph."""

    id: str = ""
    data: dict[str, str] = {}
    position: Position = Position()
    type: str = ""
    style: dict[str, str] = {}


class ProcessEdge(Record):
    """A dependency in the drawing of a process graph."""

    id: str = ""
    source: str = ""
    target: str = ""
    animated: bool = False


class ProcessGraph(Drawn, Record):
    """What the server makes of a workflow. `get_processgraph` tells its nodes, and so can be drawn."""

    processgraphid: str = ""
    initiatorid: str = ""
    initiatorname: str = ""
    colonyname: str = ""
    rootprocessids: _Texts = []
    state: int = 0
    submissiontime: datetime = NEVER
    starttime: datetime = NEVER
    endtime: datetime = NEVER
    processids: _Texts = []
    nodes: Annotated[list[ProcessNode], BeforeValidator(empty_for_null)] = []
    edges: Annotated[list[ProcessEdge], BeforeValidator(empty_for_null)] = []

    def picture(self) -> Picture:
        """Return what is drawn: its nodes with their states.

        Raises:
            ValueError: They are not known.
        """
        if self.processids and not self.nodes:
            raise ValueError(
                f"the nodes of process graph {self.processgraphid} are not known here, as in listings; "
                "get_processgraph(processgraphid) returns it with them"
            )
        places = {processid: place for place, processid in enumerate(self.processids)}
        # Servers tell the nodes in no fixed order.
        nodes = sorted(self.nodes, key=lambda node: places.get(node.id, len(places)))
        boxes = [
            Box(node.id, node.data.get("label", ""), state_of_colour(node.style.get("background", "")))
            for node in nodes
        ]
        return Picture(
            boxes,
            sorted(
                ((edge.source, edge.target) for edge in self.edges),
                key=lambda arrow: (places.get(arrow[0], -1), places.get(arrow[1], -1)),
            ),
        )


class S3Object(Record):
    """Where the content of a file lies."""

    server: str = ""
    port: int = 0
    tls: bool = False
    accesskey: str = ""
    secretkey: str = Field(default="", repr=False)
    region: str = ""
    encryptionkey: str = Field(default="", repr=False)
    encryptionalg: str = ""
    object: str = ""
    bucket: str = ""


class Reference(Record):
    """What the content of a file is got with: the protocol ``"s3"``, and an object there."""

    protocol: str = ""
    s3object: S3Object = S3Object()


def _rooted(label: str) -> str:
    return "/" + label.strip("/")


class File(Record):
    """A version of a file. Its label, a kind of path, begins with a slash and ends without."""

    fileid: str = ""
    colonyname: str = ""
    label: Annotated[str, AfterValidator(_rooted)] = "/"
    name: str = ""
    size: int = 0
    sequencenr: int = 0
    checksum: str = ""
    checksumalg: str = ""
    ref: Reference = Reference()
    added: datetime | None = None
