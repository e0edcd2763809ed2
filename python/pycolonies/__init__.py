"""The Python SDK for Colonies (ColonyOS).

A *function spec* is submitted to a *colony*; the server makes a *process* of it and hands it to an
*executor* of the right type, which may run anywhere. Everything a client sends is signed::

    from pycolonies import Colonies, func_spec

    colonies = Colonies("localhost", 50080)
    spec = func_spec("echo", ["helloworld"], "dev", "echo-executor", maxexectime=10)
    process = colonies.submit_func_spec(spec, prvkey)
    print(colonies.wait(process, 60, prvkey).output)

Beside what is listed here there are `pycolonies.testing`, a server in the process, and the native module
`_core`, which is private.
"""

from importlib import import_module

#: What the package exports, by the module it lives in. A module is loaded when one of its names is first
#: used: a program that only signs does not pay for models. `__init__.pyi` says the same to type checkers.
_HOMES: dict[str, tuple[str, ...]] = {
    "_client": ("Colonies",),  # the calls, a file a subject
    "_aio": ("AsyncColonies",),  # the same, awaitable
    "_client.from_env": ("colonies_client",),
    "_specs.func_spec": ("func_spec",),
    "_compat": ("create_func_spec",),  # the call forms of 2023
    "crypto": ("Crypto", "PrivateKey"),
    "_models": (
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
        "Reference",
        "S3Object",
        "SnapshotMount",
        "SyncDirMount",
    ),
    "_futures.following": ("ProgressReport",),
    "_futures.handle": ("ProcessHandle",),  # loaded late, as futures are
    "_futures.pool": ("ColoniesPoolExecutor",),
    "_futures.workflow_result": ("WorkflowResult",),
    "_specs.workflow": ("Node", "Workflow"),
    "_executor.injected.sandbox": ("Sandbox",),
    "_executor.injected.policy": ("CodePolicy",),  # whose source code an executor runs
    "_files.settings": ("S3Credentials", "S3Settings"),
    "_files.progress": ("Progress",),
    "_files.walk": ("LocalFile",),
    "_files.plan": ("RemoteFile", "SyncFile", "SyncPlan"),
    "_records": (
        "Allocations",
        "Backend",
        "Blueprint",
        "BlueprintChange",
        "BlueprintDefinition",
        "BlueprintMetadata",
        "Capabilities",
        "ChannelEntry",
        "Cluster",
        "ClusterNode",
        "Colony",
        "Cron",
        "ExecutorRecord",
        "FileLabel",
        "FileObject",
        "FileReference",
        "FileSummary",
        "FileVersion",
        "Function",
        "FunctionArgument",
        "Generator",
        "Gpus",
        "Hardware",
        "Location",
        "Log",
        "Project",
        "ServerInfo",
        "Snapshot",
        "Software",
        "Statistics",
        "User",
        "Version",
    ),
    "_executor.executor": ("Executor",),
    "_executor.context": ("AsyncContext", "Channel", "Context", "current_context"),
    "_executor.state": ("State",),
    "_rpc.codec": ("Codec", "TypeCodec"),
    "_rpc.middleware": ("ClientCall",),
    "_executor.middleware": ("FunctionCall",),
    "_executor.function_retries": ("Backoff", "GiveUp", "Retry"),
    "_executor.observe.events": ("ExecutorInfo", "Observer", "Outcome"),
    "_executor.observe.stats": ("ExecutorStats", "FunctionStats"),
    "_executor.observe.histogram": ("Latency",),
    "_executor.observe.logging": ("JsonFormatter", "ProcessFields", "ProcessLogHandler"),
    "_executor.observe.health": ("HealthServer",),
    "_executor.observe.prometheus": ("PrometheusMetrics",),
    "_executor.observe.tracing": ("TracingObserver", "with_trace"),
    "errors": (
        "ArgumentsError",
        "BucketNotFoundError",
        "CallCancelledError",
        "CallTimeoutError",
        "ChecksumMismatchError",
        "ChecksumMissingError",
        "ChildDiedError",
        "CodeRefusedError",
        "ColoniesConnectionError",
        "ColoniesError",
        "ConfigurationError",
        "ConflictError",
        "ConnectError",
        "ConnectionLostError",
        "DevServerError",
        "FileChangedError",
        "FunctionCancelledError",
        "FunctionTimeoutError",
        "IdempotencyKeyError",
        "InvalidPrivateKeyError",
        "InvalidRequestError",
        "InvalidSignatureError",
        "InvalidWorkflowError",
        "NoProcessAvailable",
        "NotFoundError",
        "ObjectNotFoundError",
        "OutputError",
        "PermissionDeniedError",
        "ProcessCancelledError",
        "ProcessFailedError",
        "ProtocolError",
        "RemoteError",
        "ResourceLimitError",
        "SerializationError",
        "ServerError",
        "StorageAccessError",
        "StorageConnectError",
        "StorageError",
        "TransferError",
        "TransferFailure",
        "TransportError",
        "UnknownFunctionError",
        "UnreadableProcessError",
        "UnsafeNameError",
        "WaitTimeoutError",
        "WorkflowFailedError",
    ),
}

_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = ["__version__", *_HOME]  # noqa: PLE0604 (the names are strings)


def __getattr__(name: str) -> object:
    value: object
    if name == "__version__":
        value = import_module("importlib.metadata").version(__name__)  # Cargo.toml has the version
    elif name in _HOME:
        value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value  # the next time it is found without asking here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
