"""The name of 1.x for synchronising files, without libcfslib.so."""

from pycolonies import Colonies

__all__ = ["CFS"]


class CFS:
    """Synchronises directories with the given server; see `pycolonies.Colonies.sync`."""

    def sync(
        self,
        host: str,
        port: int,
        insecure: bool,
        skip_tls_verify: bool,
        dir: str,  # noqa: A002 (the name in 1.x)
        label: str,
        keeplocal: bool,
        colonyname: str,
        prvkey: str,
    ) -> None:
        """Make a directory and a label equal.

        Args:
            host: Name or address of the server.
            port: Its port.
            insecure: Whether it speaks TLS: True for TLS, despite the name, as in 1.x.
            skip_tls_verify: Accept any certificate.
            dir: The directory.
            label: Its label.
            keeplocal: Which side of a conflict stays.
            colonyname: Name of the colony.
            prvkey: Private key of a member.

        Raises:
            ColoniesError: What `pycolonies.Colonies.sync` raises.
        """
        client = Colonies(host, port, tls=bool(insecure), skip_tls_verify=bool(skip_tls_verify))
        client.sync(dir, label, bool(keeplocal), colonyname, prvkey)
