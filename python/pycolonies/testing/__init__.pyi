"""The types of what the package exports; `__init__.py` says where each name lives."""

from pycolonies.testing._faults import Faults as Faults
from pycolonies.testing._faults import S3Faults as S3Faults
from pycolonies.testing._keys import COLONY_ID as COLONY_ID
from pycolonies.testing._keys import COLONY_NAME as COLONY_NAME
from pycolonies.testing._keys import COLONY_PRVKEY as COLONY_PRVKEY
from pycolonies.testing._keys import EXECUTOR_ID as EXECUTOR_ID
from pycolonies.testing._keys import EXECUTOR_NAME as EXECUTOR_NAME
from pycolonies.testing._keys import EXECUTOR_PRVKEY as EXECUTOR_PRVKEY
from pycolonies.testing._keys import EXECUTOR_TYPE as EXECUTOR_TYPE
from pycolonies.testing._keys import S3_ACCESS_KEY as S3_ACCESS_KEY
from pycolonies.testing._keys import S3_BUCKET as S3_BUCKET
from pycolonies.testing._keys import S3_REGION as S3_REGION
from pycolonies.testing._keys import S3_SECRET_KEY as S3_SECRET_KEY
from pycolonies.testing._keys import SERVER_ID as SERVER_ID
from pycolonies.testing._keys import SERVER_PRVKEY as SERVER_PRVKEY
from pycolonies.testing._members import Colony as Colony
from pycolonies.testing._members import Member as Member
from pycolonies.testing._rehearsal import Rehearsal as Rehearsal
from pycolonies.testing._s3 import S3Endpoint as S3Endpoint
from pycolonies.testing._server import DevServer as DevServer
