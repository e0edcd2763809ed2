"""Calls on snapshots: the versions of files that a label had at one time."""

from __future__ import annotations

from typing import Any

from pycolonies._client.caller import Caller
from pycolonies._records import Snapshot
from pycolonies._rpc.defaults import OWN, REQUIRED
from pycolonies._rpc.keys import Key


class SnapshotCalls(Caller):
    """Calls on snapshots: the versions of files that a label had at one time."""

    def create_snapshot(
        self, colonyname: str = OWN, label: str = REQUIRED, name: str = REQUIRED, prvkey: Key = OWN
    ) -> Snapshot:
        """Create a snapshot: the newest versions of all files with a label and the labels below it.

        Args:
            colonyname: Name of the colony.
            label: The label. If no file has exactly this label, the snapshot is empty.
            name: Name of the snapshot, unique in the colony.
            prvkey: Private key of a member.

        Returns:
            The snapshot, with the id that the server gave it.

        Raises:
            ServerError: The name is taken (status 500).
            PermissionDeniedError: The key is no member's.
        """
        return self._snapshot("createsnapshotmsg", prvkey, colonyname=colonyname, label=label, name=name)

    def get_snapshots(self, colonyname: str = OWN, prvkey: Key = OWN) -> list[Snapshot]:
        """List the snapshots of a colony, the newest first.

        Args:
            colonyname: Name of the colony.
            prvkey: Private key of a member.

        Raises:
            PermissionDeniedError: The key is no member's.
        """
        found = self._endpoint(prvkey).call("getsnapshotsmsg", colonyname=colonyname).list_of(Snapshot)
        return [_with_files(snapshot) for snapshot in found]

    def get_snapshot_by_name(
        self, colonyname: str = OWN, name: str = REQUIRED, prvkey: Key = OWN
    ) -> Snapshot:
        """Return a snapshot by its name.

        Args:
            colonyname: Name of the colony.
            name: Name of the snapshot.
            prvkey: Private key of a member.

        Raises:
            ServerError: There is no such snapshot (status 500).
            PermissionDeniedError: The key is no member's.
        """
        return self._snapshot("getsnapshotmsg", prvkey, colonyname=colonyname, name=name)

    def get_snapshot_by_id(
        self, colonyname: str = OWN, snapshotid: str = REQUIRED, prvkey: Key = OWN
    ) -> Snapshot:
        """Return a snapshot.

        Args:
            colonyname: Name of the colony.
            snapshotid: Its id.
            prvkey: Private key of a member.

        Raises:
            ServerError: There is no such snapshot (status 500).
            PermissionDeniedError: The key is no member's.
        """
        return self._snapshot("getsnapshotmsg", prvkey, colonyname=colonyname, snapshotid=snapshotid)

    def remove_snapshot_by_name(self, colonyname: str = OWN, name: str = REQUIRED, prvkey: Key = OWN) -> None:
        """Remove a snapshot by its name, if it exists. Its files stay.

        Args:
            colonyname: Name of the colony.
            name: Name of the snapshot.
            prvkey: Private key of a member.

        Raises:
            PermissionDeniedError: The key is no member's.
        """
        self._endpoint(prvkey).call("removesnapshotmsg", colonyname=colonyname, name=name)

    def remove_snapshot_by_id(
        self, colonyname: str = OWN, snapshotid: str = REQUIRED, prvkey: Key = OWN
    ) -> None:
        """Remove a snapshot, if it exists. Its files stay.

        Args:
            colonyname: Name of the colony.
            snapshotid: Its id.
            prvkey: Private key of a member.

        Raises:
            PermissionDeniedError: The key is no member's.
        """
        self._endpoint(prvkey).call("removesnapshotmsg", colonyname=colonyname, snapshotid=snapshotid)

    def remove_all_snapshots(self, colonyname: str = OWN, prvkey: Key = OWN) -> None:
        """Remove all snapshots of a colony. Their files stay.

        Args:
            colonyname: Name of the colony.
            prvkey: Private key of a member.

        Raises:
            PermissionDeniedError: The key is no member's.
        """
        self._endpoint(prvkey).call("removeallsnapshotmsg", colonyname=colonyname)

    def _snapshot(self, msgtype: str, prvkey: Key, **fields: Any) -> Snapshot:
        """Send a message that is answered with a snapshot."""
        return _with_files(self._endpoint(prvkey).call(msgtype, **fields).to(Snapshot))


def _with_files(snapshot: Snapshot) -> Snapshot:
    snapshot["fileids"] = snapshot.get("fileids") or []
    return snapshot
