"""Where the examples find their Colonies server, and with which keys.

The variables that `pycolonies dev --env` prints decide; without them it is a development server on this
machine, `pycolonies dev`, with its well-known keys.
"""

import os

from pycolonies import Colonies
from pycolonies.testing import COLONY_NAME, COLONY_PRVKEY, EXECUTOR_PRVKEY

colonies = Colonies(
    os.getenv("COLONIES_SERVER_HOST", "localhost"),
    int(os.getenv("COLONIES_SERVER_PORT", "50080")),
    os.getenv("COLONIES_SERVER_TLS", "false") == "true",
)
colonyname = os.getenv("COLONIES_COLONY_NAME", COLONY_NAME)
colony_prvkey = os.getenv("COLONIES_COLONY_PRVKEY", COLONY_PRVKEY)
executor_prvkey = os.getenv("COLONIES_PRVKEY", EXECUTOR_PRVKEY)
