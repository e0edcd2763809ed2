"""Calls on the server itself."""

from __future__ import annotations

from pycolonies import _checks as checks
from pycolonies._client.caller import Caller
from pycolonies._records import Cluster, ServerInfo, Statistics, Version
from pycolonies._rpc.defaults import OWN
from pycolonies._rpc.keys import Key


class ServerCalls(Caller):
    """Calls on the server itself."""

    def get_version(self) -> Version:
        """Return the server's version. Needs no key."""
        return self.endpoint.call_unsigned("versionmsg").to(Version)

    def get_server_info(self) -> ServerInfo:
        """Return the server's version and addresses. Needs no key."""
        return self.endpoint.call_unsigned("getserverinfomsg").to(ServerInfo)

    def get_cluster(self, prvkey: Key = OWN) -> Cluster:
        """Return the servers of the cluster, and their leader.

        Args:
            prvkey: The server owner's private key.

        Raises:
            PermissionDeniedError: The key is not the server owner's.
        """
        return self._endpoint(prvkey).call("getclustermsg").to(Cluster)

    def get_statistics(self, prvkey: Key = OWN) -> Statistics:
        """Return statistics of all colonies together.

        Args:
            prvkey: The server owner's private key.

        Raises:
            PermissionDeniedError: The key is not the server owner's.
        """
        return self._endpoint(prvkey).call("getstatisticsmsg").to(Statistics)

    def change_server_id(self, serverid: str, prvkey: Key = OWN) -> None:
        """Change the owner of the server, at once.

        Args:
            serverid: Identity of the new owner, 64 hexadecimal digits. Servers don't check it, and from then
                on accept only this owner.
            prvkey: The server owner's private key. Later calls need the new one.

        Raises:
            PermissionDeniedError: The key is not the server owner's.
            ValueError: It is not an identity.
        """
        checks.kind("serverid", serverid, str, "a string")
        if len(serverid) != 64 or not set(serverid) <= set("0123456789abcdef"):  # noqa: PLR2004 (an identity)
            raise ValueError("serverid must be the identity of its owner, 64 lower-case hexadecimal digits")
        self._endpoint(prvkey).call("changeserveridmsg", serverid=serverid)
