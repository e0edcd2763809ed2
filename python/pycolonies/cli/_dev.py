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
DEFAULT_S3_PORT = 9000


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
@click.option("--s3", is_flag=True, help="Serve S3 as well, for the contents of files.")
@click.option(
    "--s3-port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_S3_PORT,
    show_default=True,
    help="Port of the S3 endpoint; 0 takes a free one. Needs --s3.",
)
@click.option(
    "--realistic",
    is_flag=True,
    help="Show changes in the steps of a server in production, with random times in between.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**64 - 1),
    default=0,
    show_default=True,
    help="Seed of these times. Needs --realistic.",
)
@click.option("--env", is_flag=True, help="Print the variables for a server on this host and port, and exit.")
def dev(
    host: str,
    port: int,
    data_dir: str | None,
    tls_cert: str | None,
    tls_key: str | None,
    s3: bool,
    s3_port: int,
    realistic: bool,
    seed: int,
    env: bool,
) -> None:
    """Run a Colonies development server until Ctrl-C.

    It has a colony and an approved executor with well-known, public keys. In a second terminal,
    eval "$(pycolonies dev --env)" sets the variables that clients and examples look for.
    """
    from pycolonies import DevServerError
    from pycolonies.testing import DevServer
    from pycolonies.testing._keys import environment, s3_environment

    if env:
        if port == 0 or (s3 and s3_port == 0):
            raise click.UsageError("--env needs the port that the server listens on")
        tls = tls_cert is not None
        variables = environment(host, port, tls=tls)
        click.echo(_exports(variables | s3_environment(host, s3_port, tls=tls) if s3 else variables))
        return
    try:
        server = DevServer(
            host=host,
            port=port,
            data_dir=data_dir,
            tls_cert=tls_cert,
            tls_key=tls_key,
            s3=s3,
            s3_port=s3_port,
            realistic=realistic,
            seed=seed,
        )
    except (DevServerError, ValueError) as fault:
        raise click.ClickException(str(fault)) from None
    with server:
        stop = _on_a_signal()  # whoever has read where the server is may stop it
        _introduce(server, data_dir, s3=s3)
        # Waits in slices: on Windows a wait without end keeps signals from being seen.
        while not stop.wait(0.5):
            pass
        click.echo("Stopping the Colonies development server", err=True)


def _exports(variables: dict[str, str]) -> str:
    return "\n".join(f"export {name}={value}" for name, value in variables.items())


def _introduce(server: DevServer, data_dir: str | None, *, s3: bool) -> None:
    place = f"in {data_dir}" if data_dir else "in memory: it is gone when the server stops"
    click.echo(f"Colonies development server at {server.url}, data {place}", err=True)
    if s3:
        click.echo(f"S3 at {server.s3.url}, bucket {server.s3.bucket}", err=True)
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


def _on_a_signal() -> threading.Event:
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    return stop
