"""``pycolonies dev``: a development server in the foreground."""

from __future__ import annotations

import signal
import threading
from ipaddress import ip_address
from types import FrameType
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pycolonies.testing import DevServer

DEFAULT_PORT = 50080


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="IP address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False),
    help="Directory to keep everything in. Without one it is gone when the server stops.",
)
@click.option(
    "--tls-cert",
    type=click.Path(dir_okay=False),
    help="PEM file with a certificate: the server speaks HTTPS only. Needs --tls-key.",
)
@click.option("--tls-key", type=click.Path(dir_okay=False), help="PEM file with the certificate's key.")
@click.option("--env", is_flag=True, help="Print the variables for a server on this host and port, and exit.")
def dev(
    host: str, port: int, data_dir: str | None, tls_cert: str | None, tls_key: str | None, env: bool
) -> None:
    """Run a Colonies development server until Ctrl-C.

    It has a colony and an approved executor with well-known, public keys. In a second terminal,
    eval "$(pycolonies dev --env)" sets the variables that clients and examples look for.
    """
    from pycolonies import DevServerError
    from pycolonies.testing import DevServer
    from pycolonies.testing._keys import environment

    if env:
        if port == 0:
            raise click.UsageError("--env needs the port that the server listens on")
        click.echo(_exports(environment(host, port, tls=tls_cert is not None)))
        return
    try:
        server = DevServer(host=host, port=port, data_dir=data_dir, tls_cert=tls_cert, tls_key=tls_key)
    except (DevServerError, ValueError) as fault:
        raise click.ClickException(str(fault)) from None
    with server:
        _introduce(server, data_dir)
        _wait_for_a_signal()
        click.echo("Stopping the Colonies development server", err=True)


def _exports(variables: dict[str, str]) -> str:
    return "\n".join(f"export {name}={value}" for name, value in variables.items())


def _introduce(server: DevServer, data_dir: str | None) -> None:
    place = f"in {data_dir}" if data_dir else "in memory: it is gone when the server stops"
    click.echo(f"Colonies development server at {server.url}, data {place}", err=True)
    click.echo(_warning(server.host), err=True)
    click.echo(_exports(server.environment))
    click.echo("Press Ctrl-C to stop", err=True)


def _warning(host: str) -> str:
    if ip_address(host).is_loopback:
        text = "Its keys are public knowledge: for development only, never reachable from a network."
        return click.style(text, fg="yellow")
    text = (
        f"WARNING: {host} can be reached from a network, and the keys of this server are public knowledge.\n"
        "WARNING: whoever reaches it can read, change and run everything in it. Use --host 127.0.0.1."
    )
    return click.style(text, fg="red", bold=True)


def _wait_for_a_signal() -> None:
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    # Waits in slices: on Windows a wait without end keeps signals from being seen.
    while not stop.wait(0.5):
        pass
