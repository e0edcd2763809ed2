"""The variables of a development server, for ``pycolonies dev --env``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from pycolonies._devserver.keys import KEY_FILE, DevKeys, environment, s3_environment
from pycolonies.cli._dev_state import DEFAULT_PORT, DEFAULT_S3_PORT, DevState, running


@dataclass(frozen=True)
class Wanted:
    """The server that the options of ``--env`` describe. Fields of options that are not given are None.

    Attributes:
        host: IP address to listen on.
        port: Port.
        tls: Whether there is a certificate.
        s3_port: Port of the S3 endpoint.
        s3: Whether there must be an S3 endpoint.
        data_dir: Data directory.
        random_keys: Whether it must have keys that are not public.
    """

    host: str | None
    port: int | None
    tls: bool
    s3_port: int | None
    s3: bool
    data_dir: str | None
    random_keys: bool

    def fits(self, state: DevState) -> bool:
        """Return whether a running server is the one."""
        return (
            self.port in (None, state.port)
            and self.host in (None, state.host)
            and self.data_dir in (None, state.data_dir)
            and (not self.random_keys or state.keys is not None or state.data_dir is not None)
        )


def variables(wanted: Wanted) -> dict[str, str]:
    """Return the variables that point clients at a server: the running one that fits, or one to be started.

    Raises:
        click.ClickException: Several servers fit, or the one that fits has no S3 endpoint, or its random keys
            can't be read.
    """
    state = _chosen(wanted) or _planned(wanted)
    keys = _keys(state, wanted)
    found = environment(state.host, state.port, tls=state.tls, keys=keys)
    if state.s3_port is not None:
        found |= s3_environment(state.host, state.s3_port, tls=state.tls, keys=keys)
    return found


def _chosen(wanted: Wanted) -> DevState | None:
    servers = [state for state in _running() if wanted.fits(state)]
    if len(servers) > 1:
        # The server on the default port is the one that is meant without options.
        servers = [state for state in servers if state.port == DEFAULT_PORT] or servers
    if len(servers) > 1:
        ports = ", ".join(str(state.port) for state in servers)
        raise click.ClickException(f"several development servers are running, on ports {ports}; give --port")
    if not servers:
        return None
    if wanted.s3 and servers[0].s3_port is None:
        raise click.ClickException(
            f"the development server on port {servers[0].port} has no S3 endpoint; restart it with --s3"
        )
    return servers[0]


def _running() -> list[DevState]:
    try:
        return running()
    except click.ClickException:  # another user's directory: nothing in it can be trusted
        return []


def _planned(wanted: Wanted) -> DevState:
    """Return the server that the options would start."""
    if wanted.port is None and not wanted.random_keys:
        click.echo(
            f"no development server is running; these are the variables of one on port {DEFAULT_PORT}",
            err=True,
        )
    return DevState(
        wanted.host or "127.0.0.1",
        DEFAULT_PORT if wanted.port is None else wanted.port,
        wanted.tls,
        (wanted.s3_port or DEFAULT_S3_PORT) if wanted.s3 else None,
        wanted.data_dir,
    )


def _keys(state: DevState, wanted: Wanted) -> DevKeys:
    if state.keys is not None:
        return DevKeys(**state.keys)
    file = Path(state.data_dir) / KEY_FILE if state.data_dir else None
    try:
        if file is not None and file.exists():
            return DevKeys.load(file)
    except (OSError, ValueError) as fault:
        raise click.ClickException(str(fault)) from None
    if wanted.random_keys:
        raise click.ClickException(
            f"no server with random keys runs on port {state.port}; "
            "start it first: pycolonies dev --random-keys"
        )
    return DevKeys()
