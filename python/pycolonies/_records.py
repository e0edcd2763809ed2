"""The records that are dictionaries, as in 1.x: all but processes, process graphs and function specs."""

from typing import Any

from pycolonies._home import publish
from pycolonies._models.dicts import DictRecord


class Colony(DictRecord):
    """A colony: its name, and the identity of its owner."""

    colonyid: str = ""
    name: str = ""


class User(DictRecord):
    """A person who is a member of a colony."""

    colonyname: str = ""
    userid: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""


class Gpus(DictRecord):
    """Graphics processors that an executor has."""

    name: str = ""
    mem: str = ""
    count: int = 0
    nodecount: int = 0


class Hardware(DictRecord):
    """Hardware that an executor has. Sizes are texts with a unit, as ``"16Gi"``."""

    model: str = ""  # pyright: ignore[reportIncompatibleMethodOverride] (the protocol's name)
    nodes: int = 0
    cpu: str = ""
    cores: int = 0
    mem: str = ""
    storage: str = ""
    gpu: Gpus = Gpus()
    platform: str = ""
    architecture: str = ""
    network: list[str] | None = None


class Software(DictRecord):
    """Software that an executor has."""

    name: str = ""
    type: str = ""
    version: str = ""


class Capabilities(DictRecord):
    """What an executor has to offer."""

    hardware: list[Hardware] | None = None
    software: list[Software] | None = None


class Project(DictRecord):
    """How much of an executor a project may use, and uses."""

    allocatedcpu: int = 0
    usedcpu: int = 0
    allocatedgpu: int = 0
    usedgpu: int = 0
    allocatedstorage: int = 0
    usedstorage: int = 0


class Allocations(DictRecord):
    """How much of an executor is allocated to which project."""

    projects: dict[str, Project] | None = None


class ExecutorRecord(DictRecord):
    """An executor. Its state is 0 pending, 1 approved, 2 rejected or 3 removed."""

    executorid: str = ""
    executortype: str = ""
    executorname: str = ""
    colonyname: str = ""
    state: int = 0
    requirefuncreg: bool = False
    commissiontime: str = ""
    lastheardfromtime: str = ""
    locationname: str = ""
    capabilities: Capabilities = Capabilities()
    allocations: Allocations = Allocations()
    blueprintid: str = ""
    blueprintgen: int = 0


class FunctionArgument(DictRecord):
    """An argument of a registered function."""

    name: str = ""
    type: str = ""
    description: str = ""
    required: bool = False
    enum: list[str] = []


class Function(DictRecord):
    """A function that an executor offers, and how its calls went. Times are in seconds."""

    functionid: str = ""
    executorname: str = ""
    executortype: str = ""
    colonyname: str = ""
    funcname: str = ""
    description: str = ""
    args: list[FunctionArgument] = []
    counter: int = 0
    minwaittime: float = 0.0
    maxwaittime: float = 0.0
    minexectime: float = 0.0
    maxexectime: float = 0.0
    avgwaittime: float = 0.0
    avgexectime: float = 0.0
    locationname: str = ""


class Statistics(DictRecord):
    """How much of everything a colony holds."""

    colonies: int = 0
    executors: int = 0
    activeexecutors: int = 0
    unregisteredexecutors: int = 0
    waitingprocesses: int = 0
    runningprocesses: int = 0
    successfulprocesses: int = 0
    failedprocesses: int = 0
    cancelledprocesses: int = 0
    waitingworkflows: int = 0
    runningworkflows: int = 0
    successfulworkflows: int = 0
    failedworkflows: int = 0
    cancelledworkflows: int = 0


class Location(DictRecord):
    """A place where executors are. Longitude and latitude are in degrees."""

    locationid: str = ""
    name: str = ""
    colonyname: str = ""
    description: str = ""
    long: float = 0.0
    lat: float = 0.0


class Log(DictRecord):
    """A line of a log. Its time is in nanoseconds since 1970, UTC."""

    processid: str = ""
    colonyname: str = ""
    executorname: str = ""
    message: str = ""
    timestamp: int = 0


class Cron(DictRecord):
    """A workflow that is submitted again and again. The interval is in seconds, -1 for none."""

    cronid: str = ""
    initiatorid: str = ""
    initiatorname: str = ""
    colonyname: str = ""
    name: str = ""
    cronexpression: str = ""
    interval: int = 0
    random: bool = False
    nextrun: str = ""
    lastrun: str = ""
    workflowspec: str = ""
    prevprocessgraphid: str = ""
    waitforprevprocessgraph: bool = False
    checkerperiod: int = 0


class Generator(DictRecord):
    """A workflow that is submitted when enough arguments are there. The timeout is in seconds."""

    generatorid: str = ""
    initiatorid: str = ""
    initiatorname: str = ""
    colonyname: str = ""
    name: str = ""
    workflowspec: str = ""
    trigger: int = 0
    timeout: int = 0
    firstpack: str = ""
    lastrun: str = ""
    queuesize: int = 0
    checkerperiod: int = 0


class Version(DictRecord):
    """What a server was built from, and when."""

    buildversion: str = ""
    buildtime: str = ""


class Backend(DictRecord):
    """A way to reach a server."""

    type: str = ""
    host: str = ""
    port: int = 0
    tls: bool = False
    insecure: bool = False


class ServerInfo(DictRecord):
    """What a server was built from, and how it can be reached."""

    buildversion: str = ""
    buildtime: str = ""
    backends: list[Backend] = []


class ClusterNode(DictRecord):
    """A server of a cluster."""

    name: str = ""
    host: str = ""
    port: int = 0
    peerport: int = 0
    relayport: int = 0
    apiport: int = 0


class Cluster(DictRecord):
    """Servers that work together, and which of them leads."""

    nodes: list[ClusterNode] = []
    leader: ClusterNode = ClusterNode()


class FileObject(DictRecord):
    """Where the content of a file lies."""

    server: str = ""
    port: int = 0
    tls: bool = False
    accesskey: str = ""
    secretkey: str = ""
    region: str = ""
    encryptionkey: str = ""
    encryptionalg: str = ""
    object: str = ""
    bucket: str = ""


class FileReference(DictRecord):
    """What the content of a file is got with."""

    protocol: str = ""
    s3object: FileObject = FileObject()


class FileVersion(DictRecord):
    """A version of a file. Its size is in bytes."""

    fileid: str = ""
    colonyname: str = ""
    label: str = ""
    name: str = ""
    size: int = 0
    sequencenr: int = 0
    checksum: str = ""
    checksumalg: str = ""
    ref: FileReference = FileReference()
    added: str = ""


class FileSummary(DictRecord):
    """The newest version of a file, in a list of a label's files. Its size is in bytes."""

    name: str = ""
    checksum: str = ""
    size: int = 0
    s3filename: str = ""


class FileLabel(DictRecord):
    """A label, and how many versions of files have it."""

    name: str = ""
    files: int = 0


class Snapshot(DictRecord):
    """The versions of files that a label had at one time."""

    snapshotid: str = ""
    colonyname: str = ""
    label: str = ""
    name: str = ""
    fileids: list[str] = []
    added: str = ""


class ChannelEntry(DictRecord):
    """A message in a channel. Its sequence number is its sender's own."""

    sequence: int = 0
    inreplyto: int = 0
    timestamp: str = ""
    senderid: str = ""
    payload: bytes = b""
    type: str = ""
    error: str = ""


class BlueprintMetadata(DictRecord):
    """What blueprints and their definitions are found by."""

    name: str = ""
    colonyname: str = ""
    locationname: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    generation: int = 0
    createdAt: str = ""
    updatedAt: str = ""
    lastReconciliationProcess: str = ""
    lastReconciliationTime: str = ""


class BlueprintDefinition(DictRecord):
    """A kind of blueprint: its names, its schema, and who reconciles it."""

    blueprintdefinitionid: str = ""
    kind: str = ""
    metadata: BlueprintMetadata = BlueprintMetadata()
    spec: dict[str, Any] = {}


class Blueprint(DictRecord):
    """What something ought to be, and what it is."""

    blueprintid: str = ""
    kind: str = ""
    metadata: BlueprintMetadata = BlueprintMetadata()
    spec: dict[str, Any] | None = None
    status: dict[str, Any] = {}


class BlueprintChange(DictRecord):
    """An entry in the history of a blueprint; its type is ``"create"`` or ``"update"``."""

    historyid: str = ""
    blueprintid: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""
    generation: int = 0
    spec: dict[str, Any] = {}
    status: dict[str, Any] = {}
    timestamp: str = ""
    changedby: str = ""
    changetype: str = ""


publish(__name__)
