"""Calls on the attributes of processes."""

from __future__ import annotations

from pycolonies._client.caller import Caller
from pycolonies._models import Attribute
from pycolonies._rpc.defaults import OWN
from pycolonies._rpc.keys import Key

#: Kinds of attributes: input of the process, output, error, environment variable.
_OUTPUT = 1


class AttributeCalls(Caller):
    """Calls on the attributes of processes."""

    def add_attribute(self, processid: str, key: str, value: str, prvkey: Key = OWN) -> Attribute:
        """Attach a named value to a running process.

        Args:
            processid: A process that is assigned to this executor.
            key: Name of the attribute; a process has it once.
            value: Its value.
            prvkey: Private key of the executor that runs the process.

        Returns:
            The attribute, with the id that the server gave it.

        Raises:
            NotFoundError: There is no such process.
            PermissionDeniedError: The process does not run on this executor.
            InvalidRequestError: The process has an attribute of that name.
        """
        attribute = {"targetid": processid, "key": key, "value": value, "attributetype": _OUTPUT}
        reply = self._endpoint(prvkey).call("addattributemsg", attribute=attribute)
        return reply.dict_of(Attribute)

    def get_attribute(self, attributeid: str, prvkey: Key = OWN) -> Attribute:
        """Return an attribute.

        Args:
            attributeid: Its id.
            prvkey: Private key of a member.

        Raises:
            InvalidRequestError: There is no such attribute.
            PermissionDeniedError: The key is no member's.
        """
        reply = self._endpoint(prvkey).call("getattributemsg", attributeid=attributeid)
        return reply.dict_of(Attribute)
