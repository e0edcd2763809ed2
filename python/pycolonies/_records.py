"""The records that calls return as plain dictionaries, as they come from the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from pycolonies._specs.workflow import Workflow


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


class Gpus(TypedDict, total=False):
    """Graphics processors that an executor has."""

    name: str
    mem: str
    count: int
    nodecount: int


class Hardware(TypedDict, total=False):
    """Hardware that an executor has. Sizes are texts with a unit, as ``"16Gi"``."""

    model: str
    nodes: int
    cpu: str
    cores: int
    mem: str
    storage: str
    gpu: Gpus
    platform: str
    architecture: str
    network: list[str] | None


class Software(TypedDict, total=False):
    """Software that an executor has."""

    name: str
    type: str
    version: str


class Capabilities(TypedDict, total=False):
    """What an executor has to offer."""

    hardware: list[Hardware] | None
    software: list[Software] | None


class Project(TypedDict, total=False):
    """How much of an executor a project may use, and uses."""

    allocatedcpu: int
    usedcpu: int
    allocatedgpu: int
    usedgpu: int
    allocatedstorage: int
    usedstorage: int


class Allocations(TypedDict, total=False):
    """How much of an executor is allocated to which project."""

    projects: dict[str, Project] | None


class ExecutorRecord(TypedDict, total=False):
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
    capabilities: Capabilities
    allocations: Allocations
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


class Location(TypedDict, total=False):
    """A place where executors are. Longitude and latitude are in degrees."""

    locationid: str
    name: str
    colonyname: str
    description: str
    long: float
    lat: float


class Log(TypedDict, total=False):
    """A line of a log. Its time is in nanoseconds since 1970, UTC."""

    processid: str
    colonyname: str
    executorname: str
    message: str
    timestamp: int


class Cron(TypedDict, total=False):
    """A workflow that is submitted again and again. The interval is in seconds, -1 for none."""

    cronid: str
    initiatorid: str
    initiatorname: str
    colonyname: str
    name: str
    cronexpression: str
    interval: int
    random: bool
    nextrun: str
    lastrun: str
    workflowspec: str
    prevprocessgraphid: str
    waitforprevprocessgraph: bool
    checkerperiod: int


class Generator(TypedDict, total=False):
    """A workflow that is submitted when enough arguments are there. The timeout is in seconds."""

    generatorid: str
    initiatorid: str
    initiatorname: str
    colonyname: str
    name: str
    workflowspec: str | Workflow
    trigger: int
    timeout: int
    firstpack: str
    lastrun: str
    queuesize: int
    checkerperiod: int


class Version(TypedDict, total=False):
    """What a server was built from, and when."""

    buildversion: str
    buildtime: str


class Backend(TypedDict, total=False):
    """A way to reach a server."""

    type: str
    host: str
    port: int
    tls: bool
    insecure: bool


class ServerInfo(TypedDict, total=False):
    """What a server was built from, and how it can be reached."""

    buildversion: str
    buildtime: str
    backends: list[Backend]


class ClusterNode(TypedDict, total=False):
    """A server of a cluster."""

    name: str
    host: str
    port: int
    peerport: int
    relayport: int
    apiport: int


class Cluster(TypedDict, total=False):
    """Servers that work together, and which of them leads."""

    nodes: list[ClusterNode]
    leader: ClusterNode


class FileObject(TypedDict, total=False):
    """Where the content of a file lies."""

    server: str
    port: int
    tls: bool
    accesskey: str
    secretkey: str
    region: str
    encryptionkey: str
    encryptionalg: str
    object: str
    bucket: str


class FileReference(TypedDict, total=False):
    """What the content of a file is got with."""

    protocol: str
    s3object: FileObject


class FileVersion(TypedDict, total=False):
    """A version of a file. Its size is in bytes."""

    fileid: str
    colonyname: str
    label: str
    name: str
    size: int
    sequencenr: int
    checksum: str
    checksumalg: str
    ref: FileReference
    added: str


class FileSummary(TypedDict, total=False):
    """The newest version of a file, in a list of a label's files. Its size is in bytes."""

    name: str
    checksum: str
    size: int
    s3filename: str


class FileLabel(TypedDict, total=False):
    """A label, and how many versions of files have it."""

    name: str
    files: int


class Snapshot(TypedDict, total=False):
    """The versions of files that a label had at one time."""

    snapshotid: str
    colonyname: str
    label: str
    name: str
    fileids: list[str]
    added: str


class ChannelEntry(TypedDict, total=False):
    """A message in a channel. Its sequence number is its sender's own."""

    sequence: int
    inreplyto: int
    timestamp: str
    senderid: str
    payload: bytes
    type: str
    error: str


class BlueprintMetadata(TypedDict, total=False):
    """What blueprints and their definitions are found by."""

    name: str
    colonyname: str
    locationname: str
    labels: dict[str, str]
    annotations: dict[str, str]
    generation: int
    createdAt: str
    updatedAt: str
    lastReconciliationProcess: str
    lastReconciliationTime: str


class BlueprintDefinition(TypedDict, total=False):
    """A kind of blueprint: its names, its schema, and who reconciles it."""

    blueprintdefinitionid: str
    kind: str
    metadata: BlueprintMetadata
    spec: dict[str, Any]


class Blueprint(TypedDict, total=False):
    """What something ought to be, and what it is."""

    blueprintid: str
    kind: str
    metadata: BlueprintMetadata
    spec: dict[str, Any] | None
    status: dict[str, Any]


class BlueprintChange(TypedDict, total=False):
    """An entry in the history of a blueprint; its type is ``"create"`` or ``"update"``."""

    historyid: str
    blueprintid: str
    kind: str
    namespace: str
    name: str
    generation: int
    spec: dict[str, Any]
    status: dict[str, Any]
    timestamp: str
    changedby: str
    changetype: str
