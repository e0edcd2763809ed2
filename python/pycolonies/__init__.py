"""The Python SDK for Colonies (ColonyOS).

A *function spec* is submitted to a *colony*; the server makes a *process* of it and hands it to an
*executor* of the right type, which may run anywhere. Everything a client sends is signed::

    from pycolonies import Colonies, func_spec

    colonies = Colonies("localhost", 50080)
    spec = func_spec("echo", ["helloworld"], "dev", "echo-executor", maxexectime=10)
    process = colonies.submit_func_spec(spec, prvkey)
    print(colonies.wait(process, 60, prvkey).output)

Where to look: `_client` (the calls, a file a subject), `_models` and `_records` (what they take and
return), `_exceptions` (what can go wrong), `_core` (the native module), `testing` (a server in the
process), `_compat` (the call forms of 2023).
"""

from pycolonies._client import Colonies
from pycolonies._compat import create_func_spec
from pycolonies._environment import colonies_client
from pycolonies._exceptions import (
    CallTimeoutError,
    ColoniesConnectionError,
    ColoniesError,
    ConfigurationError,
    ConflictError,
    ConnectError,
    ConnectionLostError,
    DevServerError,
    InvalidPrivateKeyError,
    InvalidRequestError,
    InvalidSignatureError,
    NoProcessAvailable,
    NotFoundError,
    PermissionDeniedError,
    ProtocolError,
    ServerError,
    TransportError,
    WaitTimeoutError,
)
from pycolonies._models import (
    NEVER,
    NO_LIMIT,
    Attribute,
    Conditions,
    Fs,
    FuncSpec,
    Gpu,
    OnConflict,
    OnConflicts,
    Process,
    ProcessGraph,
    SnapshotMount,
    SyncDirMount,
    Workflow,
)
from pycolonies._spec import func_spec
from pycolonies.crypto import Crypto

__version__ = "2.0.0.dev0"

__all__ = [
    "NEVER",
    "NO_LIMIT",
    "Attribute",
    "CallTimeoutError",
    "Colonies",
    "ColoniesConnectionError",
    "ColoniesError",
    "Conditions",
    "ConfigurationError",
    "ConflictError",
    "ConnectError",
    "ConnectionLostError",
    "Crypto",
    "DevServerError",
    "Fs",
    "FuncSpec",
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
    "SyncDirMount",
    "TransportError",
    "WaitTimeoutError",
    "Workflow",
    "__version__",
    "colonies_client",
    "create_func_spec",
    "func_spec",
]
