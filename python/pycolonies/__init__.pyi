"""The types of what the package exports; `__init__.py` says where each name lives."""

from pycolonies._client import (
    Colonies as Colonies,
)
from pycolonies._compat import (
    create_func_spec as create_func_spec,
)
from pycolonies._environment import (
    colonies_client as colonies_client,
)
from pycolonies._exceptions import (
    CallTimeoutError as CallTimeoutError,
)
from pycolonies._exceptions import (
    ColoniesConnectionError as ColoniesConnectionError,
)
from pycolonies._exceptions import (
    ColoniesError as ColoniesError,
)
from pycolonies._exceptions import (
    ConfigurationError as ConfigurationError,
)
from pycolonies._exceptions import (
    ConflictError as ConflictError,
)
from pycolonies._exceptions import (
    ConnectError as ConnectError,
)
from pycolonies._exceptions import (
    ConnectionLostError as ConnectionLostError,
)
from pycolonies._exceptions import (
    DevServerError as DevServerError,
)
from pycolonies._exceptions import (
    InvalidPrivateKeyError as InvalidPrivateKeyError,
)
from pycolonies._exceptions import (
    InvalidRequestError as InvalidRequestError,
)
from pycolonies._exceptions import (
    InvalidSignatureError as InvalidSignatureError,
)
from pycolonies._exceptions import (
    NoProcessAvailable as NoProcessAvailable,
)
from pycolonies._exceptions import (
    NotFoundError as NotFoundError,
)
from pycolonies._exceptions import (
    PermissionDeniedError as PermissionDeniedError,
)
from pycolonies._exceptions import (
    ProtocolError as ProtocolError,
)
from pycolonies._exceptions import (
    ServerError as ServerError,
)
from pycolonies._exceptions import (
    TransportError as TransportError,
)
from pycolonies._exceptions import (
    WaitTimeoutError as WaitTimeoutError,
)
from pycolonies._models import (
    NEVER as NEVER,
)
from pycolonies._models import (
    NO_LIMIT as NO_LIMIT,
)
from pycolonies._models import (
    Attribute as Attribute,
)
from pycolonies._models import (
    Conditions as Conditions,
)
from pycolonies._models import (
    Fs as Fs,
)
from pycolonies._models import (
    FuncSpec as FuncSpec,
)
from pycolonies._models import (
    Gpu as Gpu,
)
from pycolonies._models import (
    OnConflict as OnConflict,
)
from pycolonies._models import (
    OnConflicts as OnConflicts,
)
from pycolonies._models import (
    Process as Process,
)
from pycolonies._models import (
    ProcessGraph as ProcessGraph,
)
from pycolonies._models import (
    SnapshotMount as SnapshotMount,
)
from pycolonies._models import (
    SyncDirMount as SyncDirMount,
)
from pycolonies._models import (
    Workflow as Workflow,
)
from pycolonies._records import (
    Colony as Colony,
)
from pycolonies._records import (
    Executor as Executor,
)
from pycolonies._records import (
    Function as Function,
)
from pycolonies._records import (
    FunctionArgument as FunctionArgument,
)
from pycolonies._records import (
    Statistics as Statistics,
)
from pycolonies._records import (
    User as User,
)
from pycolonies._spec import (
    func_spec as func_spec,
)
from pycolonies.crypto import (
    Crypto as Crypto,
)

__version__: str

__all__ = [
    "NEVER",
    "NO_LIMIT",
    "Attribute",
    "CallTimeoutError",
    "Colonies",
    "ColoniesConnectionError",
    "ColoniesError",
    "Colony",
    "Conditions",
    "ConfigurationError",
    "ConflictError",
    "ConnectError",
    "ConnectionLostError",
    "Crypto",
    "DevServerError",
    "Executor",
    "Fs",
    "FuncSpec",
    "Function",
    "FunctionArgument",
    "Gpu",
    "InvalidPrivateKeyError",
    "InvalidRequestError",
    "InvalidSignatureError",
    "NoProcessAvailable",
    "NotFoundError",
    "OnConflict",
    "OnConflicts",
    "PermissionDeniedError",
    "Process",
    "ProcessGraph",
    "ProtocolError",
    "ServerError",
    "SnapshotMount",
    "Statistics",
    "SyncDirMount",
    "TransportError",
    "User",
    "WaitTimeoutError",
    "Workflow",
    "__version__",
    "colonies_client",
    "create_func_spec",
    "func_spec",
]
