"""Registers an executor in its colony, and registers it again after a removal."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from pycolonies._records import ExecutorRecord
from pycolonies._rpc.keys import Key
from pycolonies.errors import (
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
)

if TYPE_CHECKING:
    from pycolonies._client import Colonies
    from pycolonies._executor.functions import RegisteredFunction
    from pycolonies._executor.identity import Identity
    from pycolonies._models import Process
    from pycolonies._records import Capabilities, FunctionArgument

log = logging.getLogger("pycolonies.executor")

#: State of an approved executor.
APPROVED = 1
#: Errors of servers for a colony that does not exist, and for a key that is not its owner's.
_NO_COLONY, _NOT_OWNER = "does not exist", "not colony owner"
#: Seconds after its start for which an executor assumes that the previous holder of its name still runs.
YOUNG = 60.0
#: How often within as many seconds an older executor takes its name back.
TAKES_BACK = 3


class PermanentError(ConfigurationError):
    """The executor can never work with these settings, however long it tries."""


class TakenOverError(PermanentError):
    """Another running executor has this one's name."""


def gives_up(age: float, takeovers: Iterable[float], now: float) -> bool:
    """Whether an executor gives its name up to the one that has just registered under it.

    Two executors with one name would replace each other forever, and each time requeue running processes.
    So the newer one gives up at once: the executor whose name it took is running, or it would not have come
    back. The older one takes its name back, a few times.

    Args:
        age: Seconds since it registered first.
        takeovers: When others registered under its name, this time included.
        now: The present, on the same clock.
    """
    return age < YOUNG or sum(now - when < YOUNG for when in takeovers) > TAKES_BACK


class Registration:
    """An executor's membership in its colony.

    Args:
        client: A client that signs with the executor's key and calls its colony.
        identity: Who the executor is.
        functions: Its functions.
        capabilities: Its hardware and software.
        locationname: Its location.
        removed: Called once after each removal, when the executor is a member again.
    """

    def __init__(
        self,
        client: Colonies,
        identity: Identity,
        functions: Iterable[RegisteredFunction],
        capabilities: Capabilities | None,
        locationname: str,
        removed: Callable[[], None],
    ) -> None:
        self._client = client
        self._identity = identity
        self._functions = functions
        self._capabilities = capabilities
        self._locationname = locationname
        self._removed = removed
        #: Whether the server did not know the executor although it had registered.
        self._missing = False
        #: The executor's name.
        self.executorname = identity.executorname
        self._counted: set[str] = set()
        self._one_at_a_time = threading.Lock()
        self._added = False
        #: Whether an executor was, or may have been, added by this program.
        self.may_be_added = False
        self._since: float | None = None
        self._takeovers: deque[float] = deque(maxlen=TAKES_BACK + 1)
        #: Whether it waits for the colony's owner.
        self.awaits_approval = False

    def ensure(self) -> bool:
        """Make the executor an approved member, if its keys allow that.

        Returns:
            True once it is approved; False while it waits for approval.

        Raises:
            ConfigurationError: It can never be approved with these settings.
            TakenOverError: Another executor has registered under its name.
            ColoniesConnectionError: The server cannot be reached, or refuses.
        """
        with self._one_at_a_time:
            found = self._find()
            self._missing |= found is None and self._since is not None
            if found is None and self._identity.colony_prvkey is not None:
                self._join(self._identity.colony_prvkey)
                found = self._find()
            self.awaits_approval = found is None
            if found is None:
                self._check_colony()
                return False
            self._check(found)
            if self._missing:
                self._missing = False
                self._removed()
            self._present()
            if self._since is None:
                self._since = time.monotonic()
            return True

    def present(self) -> None:
        """Register functions that the colony does not have yet."""
        with self._one_at_a_time:
            self._present()

    def remove(self) -> bool:
        """Unregister the executor: its running processes go back to the queue.

        Servers unregister executors by name, so one that has lost its name must not. Its processes went back
        to the queue when it lost it.

        Returns:
            Whether that was possible: it needs the colony's key.
        """
        if self._identity.colony_prvkey is None:
            return False
        if self._since is not None and self._find() is None:
            log.info("executor %s is no longer registered under this identity", self.executorname)
            return True
        self._as_owner(self._client.remove_executor)
        log.info("executor %s unregistered", self.executorname)
        return True

    def approve(self) -> None:
        """Bring the executor back after `remove`."""
        self._as_owner(self._client.approve_executor)

    def count(self, process: Process) -> None:
        """Register an injected function, so that its calls are counted."""
        name = process.spec.funcname
        if name in self._counted:
            return
        self._counted.add(name)
        args = [arg for arg in process.spec.env.get("args_spec", "").split(",") if arg]
        self._client.add_function(
            self._identity.colonyname,
            self.executorname,
            name,
            args=[{"name": arg} for arg in args],
            description="Python function",
        )

    def _find(self) -> ExecutorRecord | None:
        """Return the executor's record at the server, or None if it is not approved."""
        try:
            found = self._client.get_executor_by_id(self._identity.executorid)
        except (NotFoundError, PermissionDeniedError):
            return None
        return found if found.get("state") == APPROVED else None

    def _join(self, owner: Key) -> None:
        # One that the server has unregistered comes back under its old id by an approval. On servers that let
        # executors register again, adding would take away what it runs.
        if (self._added or not self._identity.own) and self._approved():
            if self._find() is not None:
                return
            if self._added:
                self._taken_over()
        record = ExecutorRecord(
            executorname=self._identity.executorname,
            executorid=self._identity.executorid,
            executortype=self._identity.executortype,
            colonyname=self._identity.colonyname,
        )
        if self._capabilities:
            record["capabilities"] = self._capabilities
        if self._locationname:
            record["locationname"] = self._locationname
        before, self.may_be_added = self.may_be_added, True
        try:
            self._client.add_executor(record, owner)
        except InvalidRequestError as refused:
            self.may_be_added = before
            raise ConfigurationError(
                f"the executor cannot be added: {refused.message}; if the name is taken by an executor with "
                "another key, choose another executorname or give that key: prvkey=..."
            ) from refused
        except PermissionDeniedError as denied:
            self.may_be_added = before
            self._refuse(denied)
            raise
        self._as_owner(self._client.approve_executor)
        self._added = True
        log.info("executor %s registered, id %s", self.executorname, self._identity.executorid)

    def _approved(self) -> bool:
        """Approve the executor. Returns whether the server knows one of its name."""
        try:
            self._as_owner(self._client.approve_executor)
        except PermissionDeniedError as denied:
            self._refuse(denied)
        except ServerError as unknown:
            log.debug("executor %s is not there yet: %s", self._identity.executorname, unknown)
        else:
            return True
        return False

    def _taken_over(self) -> None:
        """Another executor has taken this executor's name; the server has not removed this one."""
        self._missing = False
        now = time.monotonic()
        self._takeovers.append(now)
        if gives_up(now - (self._since or now), self._takeovers, now):
            raise TakenOverError(
                f"another executor has registered as {self.executorname!r}, and this one has lost the name; "
                "give each replica its own name, or leave executorname out"
            )
        log.warning(
            "another executor has registered as %r; this one takes the name back. Give each replica its own "
            "name, or leave executorname out",
            self.executorname,
        )

    def _as_owner(self, call: Callable[[str, str, Key], None]) -> None:
        if self._identity.colony_prvkey is not None:
            call(self._identity.colonyname, self.executorname, self._identity.colony_prvkey)

    def _check_colony(self) -> None:
        """Check that the colony exists. Servers give executors that are not approved no further detail.

        Raises:
            PermanentError: It does not.
        """
        try:
            self._client.get_functions_by_executor(self._identity.colonyname, self.executorname)
        except PermissionDeniedError as denied:
            self._refuse(denied)
        except ServerError as unknown:
            log.debug("the colony is not known: %s", unknown)

    def _refuse(self, denied: PermissionDeniedError) -> None:
        """Raise what a denial means if it lasts; otherwise do nothing.

        Raises:
            PermanentError: The colony does not exist, or the key is not its owner's.
        """
        colony = self._identity.colonyname
        if _NO_COLONY in denied.message:
            raise PermanentError(
                f"the colony {colony!r} does not exist at this server; check COLONIES_COLONY_NAME or "
                "colonyname=, and that COLONIES_SERVER_HOST and COLONIES_SERVER_PORT name the right server"
            ) from denied
        if _NOT_OWNER in denied.message:
            raise PermanentError(
                f"the key is not that of the owner of colony {colony!r}: check COLONIES_COLONY_PRVKEY or "
                "colony_prvkey=; an executor that the owner adds and approves needs only its own key, prvkey="
            ) from denied

    def _check(self, found: ExecutorRecord) -> None:
        kind, name = found.get("executortype"), found.get("executorname", "")
        there = found.get("colonyname") or self._identity.colonyname
        if there != self._identity.colonyname:
            raise PermanentError(
                f"the executor with this key belongs to colony {there!r}, the program names "
                f"{self._identity.colonyname!r}: set colonyname to that, or use another key"
            )
        if not self._identity.named and not self._identity.own:
            self.executorname = name
        if kind != self._identity.executortype or name != self.executorname:
            raise ConfigurationError(
                f"the server knows the executor with this key as {name!r} of type {kind!r}, the program as "
                f"{self.executorname!r} of type {self._identity.executortype!r}: make them agree, or "
                "leave the key out, so that the executor adds itself with a new key"
            )

    def _present(self) -> None:
        """Register the executor's capabilities and functions that the colony does not have yet."""
        colony, name = self._identity.colonyname, self.executorname
        if self._capabilities and not self._added:
            self._client.update_executor(colony, name, self._capabilities)
        known = {
            function.get("funcname"): function
            for function in self._client.get_functions_by_executor(colony, name)
        }
        for offered in tuple(self._functions):  # more may come meanwhile
            old = known.get(offered.name)
            if old is not None:
                if old.get("description", "") == offered.description and (
                    _told(old.get("args", [])) == _told(offered.arguments)
                ):
                    continue
                self._client.remove_function(old["functionid"])
            self._client.add_function(
                colony, name, offered.name, args=offered.arguments, description=offered.description
            )


def _told(arguments: Iterable[FunctionArgument]) -> list[dict[str, object]]:
    """Return arguments without the empty fields that servers omit."""
    return [{key: value for key, value in argument.items() if value} for argument in arguments]
