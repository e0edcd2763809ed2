"""The client: one method per message, one file per subject."""

from __future__ import annotations

from pycolonies._client.attributes import AttributeCalls
from pycolonies._client.blueprints import BlueprintCalls
from pycolonies._client.caller import Caller
from pycolonies._client.channels import ChannelCalls
from pycolonies._client.colonies import ColonyCalls
from pycolonies._client.crons import CronCalls
from pycolonies._client.executors import ExecutorCalls
from pycolonies._client.generators import GeneratorCalls
from pycolonies._client.locations import LocationCalls
from pycolonies._client.logs import LogCalls
from pycolonies._client.server import ServerCalls
from pycolonies._client.snapshots import SnapshotCalls
from pycolonies._client.submitting import SubmittingCalls
from pycolonies._client.subscriptions import SubscriptionCalls
from pycolonies._client.transfers import TransferCalls
from pycolonies._client.users import UserCalls
from pycolonies._compat import CallsOf2023, accept_forms_of_2023
from pycolonies._home import publish
from pycolonies._rpc.keys import seal_methods

__all__ = ["Colonies"]


@seal_methods
@accept_forms_of_2023
class Colonies(
    ServerCalls,
    ColonyCalls,
    UserCalls,
    ExecutorCalls,
    LocationCalls,
    SubmittingCalls,
    AttributeCalls,
    LogCalls,
    CronCalls,
    GeneratorCalls,
    ChannelCalls,
    SubscriptionCalls,
    TransferCalls,
    SnapshotCalls,
    BlueprintCalls,
    CallsOf2023,
):
    __doc__ = Caller.__doc__

    #: States of a process.
    WAITING = 0
    RUNNING = 1
    SUCCESSFUL = 2
    FAILED = 3
    CANCELLED = 4


publish(__name__)
