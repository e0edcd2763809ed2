"""The types of what the package exports; `__init__.py` says where each name lives."""

from pycolonies._aio import AsyncColonies as AsyncColonies
from pycolonies._client import Colonies as Colonies
from pycolonies._client.from_env import colonies_client as colonies_client
from pycolonies._compat import create_func_spec as create_func_spec
from pycolonies._executor.context import AsyncContext as AsyncContext
from pycolonies._executor.context import Channel as Channel
from pycolonies._executor.context import Context as Context
from pycolonies._executor.context import current_context as current_context
from pycolonies._executor.executor import Executor as Executor
from pycolonies._executor.injected.policy import CodePolicy as CodePolicy
from pycolonies._executor.observe.events import About as About
from pycolonies._executor.observe.events import Observer as Observer
from pycolonies._executor.observe.events import Outcome as Outcome
from pycolonies._executor.observe.health import HealthServer as HealthServer
from pycolonies._executor.observe.histogram import Latency as Latency
from pycolonies._executor.observe.logging import JsonFormatter as JsonFormatter
from pycolonies._executor.observe.logging import ProcessFields as ProcessFields
from pycolonies._executor.observe.logging import ProcessLogHandler as ProcessLogHandler
from pycolonies._executor.observe.prometheus import PrometheusMetrics as PrometheusMetrics
from pycolonies._executor.observe.stats import ExecutorStats as ExecutorStats
from pycolonies._executor.observe.stats import FunctionStats as FunctionStats
from pycolonies._executor.observe.tracing import TracingObserver as TracingObserver
from pycolonies._executor.observe.tracing import with_trace as with_trace
from pycolonies._files.plan import RemoteFile as RemoteFile
from pycolonies._files.plan import SyncFile as SyncFile
from pycolonies._files.plan import SyncPlan as SyncPlan
from pycolonies._files.progress import Progress as Progress
from pycolonies._files.settings import S3Settings as S3Settings
from pycolonies._files.walk import LocalFile as LocalFile
from pycolonies._futures.handle import ProcessHandle as ProcessHandle
from pycolonies._futures.pool import ColoniesPoolExecutor as ColoniesPoolExecutor
from pycolonies._futures.workflow_result import WorkflowResult as WorkflowResult
from pycolonies._models import NEVER as NEVER
from pycolonies._models import NO_LIMIT as NO_LIMIT
from pycolonies._models import Attribute as Attribute
from pycolonies._models import Conditions as Conditions
from pycolonies._models import File as File
from pycolonies._models import Fs as Fs
from pycolonies._models import FuncSpec as FuncSpec
from pycolonies._models import Gpu as Gpu
from pycolonies._models import OnConflict as OnConflict
from pycolonies._models import OnConflicts as OnConflicts
from pycolonies._models import Position as Position
from pycolonies._models import Process as Process
from pycolonies._models import ProcessEdge as ProcessEdge
from pycolonies._models import ProcessGraph as ProcessGraph
from pycolonies._models import ProcessNode as ProcessNode
from pycolonies._models import Reference as Reference
from pycolonies._models import S3Object as S3Object
from pycolonies._models import SnapshotMount as SnapshotMount
from pycolonies._models import SyncDirMount as SyncDirMount
from pycolonies._records import Allocations as Allocations
from pycolonies._records import Blueprint as Blueprint
from pycolonies._records import BlueprintChange as BlueprintChange
from pycolonies._records import BlueprintDefinition as BlueprintDefinition
from pycolonies._records import BlueprintMetadata as BlueprintMetadata
from pycolonies._records import Capabilities as Capabilities
from pycolonies._records import ChannelEntry as ChannelEntry
from pycolonies._records import Cluster as Cluster
from pycolonies._records import ClusterNode as ClusterNode
from pycolonies._records import Colony as Colony
from pycolonies._records import Cron as Cron
from pycolonies._records import ExecutorRecord as ExecutorRecord
from pycolonies._records import FileLabel as FileLabel
from pycolonies._records import FileSummary as FileSummary
from pycolonies._records import FileVersion as FileVersion
from pycolonies._records import Function as Function
from pycolonies._records import FunctionArgument as FunctionArgument
from pycolonies._records import Generator as Generator
from pycolonies._records import Hardware as Hardware
from pycolonies._records import Location as Location
from pycolonies._records import Log as Log
from pycolonies._records import Project as Project
from pycolonies._records import ServerInfo as ServerInfo
from pycolonies._records import Snapshot as Snapshot
from pycolonies._records import Software as Software
from pycolonies._records import Statistics as Statistics
from pycolonies._records import User as User
from pycolonies._records import Version as Version
from pycolonies._specs.func_spec import func_spec as func_spec
from pycolonies._specs.workflow import Node as Node
from pycolonies._specs.workflow import Workflow as Workflow
from pycolonies.crypto import Crypto as Crypto
from pycolonies.crypto import PrivateKey as PrivateKey
from pycolonies.errors import ArgumentsError as ArgumentsError
from pycolonies.errors import BucketNotFoundError as BucketNotFoundError
from pycolonies.errors import CallCancelledError as CallCancelledError
from pycolonies.errors import CallTimeoutError as CallTimeoutError
from pycolonies.errors import ChecksumMismatchError as ChecksumMismatchError
from pycolonies.errors import ChildDiedError as ChildDiedError
from pycolonies.errors import CodeRefusedError as CodeRefusedError
from pycolonies.errors import ColoniesConnectionError as ColoniesConnectionError
from pycolonies.errors import ColoniesError as ColoniesError
from pycolonies.errors import ConfigurationError as ConfigurationError
from pycolonies.errors import ConflictError as ConflictError
from pycolonies.errors import ConnectError as ConnectError
from pycolonies.errors import ConnectionLostError as ConnectionLostError
from pycolonies.errors import DevServerError as DevServerError
from pycolonies.errors import FileChangedError as FileChangedError
from pycolonies.errors import FunctionCancelledError as FunctionCancelledError
from pycolonies.errors import FunctionTimeoutError as FunctionTimeoutError
from pycolonies.errors import InvalidPrivateKeyError as InvalidPrivateKeyError
from pycolonies.errors import InvalidRequestError as InvalidRequestError
from pycolonies.errors import InvalidSignatureError as InvalidSignatureError
from pycolonies.errors import InvalidWorkflowError as InvalidWorkflowError
from pycolonies.errors import NoProcessAvailable as NoProcessAvailable
from pycolonies.errors import NotFoundError as NotFoundError
from pycolonies.errors import ObjectNotFoundError as ObjectNotFoundError
from pycolonies.errors import OutputError as OutputError
from pycolonies.errors import PermissionDeniedError as PermissionDeniedError
from pycolonies.errors import ProcessCancelledError as ProcessCancelledError
from pycolonies.errors import ProcessFailedError as ProcessFailedError
from pycolonies.errors import ProtocolError as ProtocolError
from pycolonies.errors import RemoteError as RemoteError
from pycolonies.errors import ResourceLimitError as ResourceLimitError
from pycolonies.errors import SerializationError as SerializationError
from pycolonies.errors import ServerError as ServerError
from pycolonies.errors import StorageAccessError as StorageAccessError
from pycolonies.errors import StorageConnectError as StorageConnectError
from pycolonies.errors import StorageError as StorageError
from pycolonies.errors import TransferError as TransferError
from pycolonies.errors import TransferFailure as TransferFailure
from pycolonies.errors import TransportError as TransportError
from pycolonies.errors import UnknownFunctionError as UnknownFunctionError
from pycolonies.errors import UnreadableProcessError as UnreadableProcessError
from pycolonies.errors import UnsafeNameError as UnsafeNameError
from pycolonies.errors import WaitTimeoutError as WaitTimeoutError
from pycolonies.errors import WorkflowFailedError as WorkflowFailedError

__version__: str

__all__ = [
    "NEVER",
    "NO_LIMIT",
    "About",
    "Allocations",
    "ArgumentsError",
    "AsyncColonies",
    "AsyncContext",
    "Attribute",
    "Blueprint",
    "BlueprintChange",
    "BlueprintDefinition",
    "BlueprintMetadata",
    "BucketNotFoundError",
    "CallCancelledError",
    "CallTimeoutError",
    "Capabilities",
    "Channel",
    "ChannelEntry",
    "ChecksumMismatchError",
    "ChildDiedError",
    "Cluster",
    "ClusterNode",
    "CodePolicy",
    "CodeRefusedError",
    "Colonies",
    "ColoniesConnectionError",
    "ColoniesError",
    "Colony",
    "Conditions",
    "ConfigurationError",
    "ConflictError",
    "ConnectError",
    "ConnectionLostError",
    "Context",
    "Cron",
    "Crypto",
    "DevServerError",
    "Executor",
    "ExecutorRecord",
    "ExecutorStats",
    "File",
    "FileChangedError",
    "FileLabel",
    "FileSummary",
    "FileVersion",
    "Fs",
    "FuncSpec",
    "Function",
    "FunctionArgument",
    "FunctionCancelledError",
    "FunctionStats",
    "FunctionTimeoutError",
    "Generator",
    "Gpu",
    "Hardware",
    "HealthServer",
    "InvalidPrivateKeyError",
    "InvalidRequestError",
    "InvalidSignatureError",
    "JsonFormatter",
    "Latency",
    "LocalFile",
    "Location",
    "Log",
    "NoProcessAvailable",
    "NotFoundError",
    "ObjectNotFoundError",
    "Observer",
    "OnConflict",
    "OnConflicts",
    "Outcome",
    "OutputError",
    "PermissionDeniedError",
    "Position",
    "PrivateKey",
    "Process",
    "ProcessCancelledError",
    "ProcessEdge",
    "ProcessFields",
    "ProcessGraph",
    "ProcessLogHandler",
    "ProcessNode",
    "Progress",
    "Project",
    "PrometheusMetrics",
    "ProtocolError",
    "Reference",
    "RemoteError",
    "RemoteFile",
    "ResourceLimitError",
    "S3Object",
    "S3Settings",
    "SerializationError",
    "ServerError",
    "ServerInfo",
    "Snapshot",
    "SnapshotMount",
    "Software",
    "Statistics",
    "StorageAccessError",
    "StorageConnectError",
    "StorageError",
    "SyncDirMount",
    "SyncFile",
    "SyncPlan",
    "TracingObserver",
    "TransferError",
    "TransferFailure",
    "TransportError",
    "UnknownFunctionError",
    "UnreadableProcessError",
    "UnsafeNameError",
    "User",
    "Version",
    "WaitTimeoutError",
    "Workflow",
    "__version__",
    "colonies_client",
    "create_func_spec",
    "current_context",
    "func_spec",
    "with_trace",
]
