"""The types of what the package exports. Written by ``tools/write_stubs.py``; do not edit."""

from pycolonies._core import (
    COLONY_ID,
    COLONY_NAME,
    COLONY_PRVKEY,
    EXECUTOR_ID,
    EXECUTOR_NAME,
    EXECUTOR_PRVKEY,
    EXECUTOR_TYPE,
    S3_ACCESS_KEY,
    S3_BUCKET,
    S3_REGION,
    S3_SECRET_KEY,
    SERVER_PRVKEY,
)
from pycolonies._devserver.faults import Faults, S3Faults
from pycolonies._devserver.keys import SERVER_ID, DevKeys
from pycolonies._devserver.s3 import S3Endpoint
from pycolonies._devserver.server import DevServer
from pycolonies._executor.rehearsal import Rehearsal
from pycolonies.testing._members import Colony, Member

__all__ = [
    "COLONY_ID",
    "COLONY_NAME",
    "COLONY_PRVKEY",
    "EXECUTOR_ID",
    "EXECUTOR_NAME",
    "EXECUTOR_PRVKEY",
    "EXECUTOR_TYPE",
    "S3_ACCESS_KEY",
    "S3_BUCKET",
    "S3_REGION",
    "S3_SECRET_KEY",
    "SERVER_ID",
    "SERVER_PRVKEY",
    "Colony",
    "DevKeys",
    "DevServer",
    "Faults",
    "Member",
    "Rehearsal",
    "S3Endpoint",
    "S3Faults",
]
