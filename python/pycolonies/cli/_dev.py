"""``pycolonies dev``: a development server in the foreground."""

from __future__ import annotations

import os
import shlex
import signal
import threading
from dataclasses import asdict
from ipaddress import ip_address
from types import FrameType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click
from click.core import ParameterSource

from pycolonies.cli._commands import Plain
from pycolonies.cli._dev_state import DEFAULT_PORT, DEFAULT_S3_PORT, DevState, announced
from pycolonies.cli._output import folded, on_terminal
from pycolonies.cli._shells import SHELLS, current_shell, exports

if TYPE_CHECKING:
    from pycolonies._devserver.server import DevServer

#: The line for another terminal, where a shell has no `eval "$(...)"`.
_LINES = {
    "fish": "{} --shell fish | source",
    "powershell": "{} --shell powershell | Out-String | Invoke-Expression",
}


@click.command(cls=Plain, examples=("dev", "dev --s3 --data-dir ~/colonies", "dev --env"))
@click.option("--host", default="127.0.0.1", show_default=True, metavar="IP", help="IP address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    metavar="N",
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Directory for the data; in memory by default.",
)
@click.option(
    "--tls-cert",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="PEM file with a certificate, for HTTPS. Needs --tls-key.",
)
@click.option("--tls-key", metavar="FILE", type=click.Path(dir_okay=False), help="PEM file with its key.")
@click.option("--s3", is_flag=True, help="Serve S3 as well, for the content of files.")
@click.option(
    "--s3-port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_S3_PORT,
    show_default=True,
    metavar="N",
    help="Port of the S3 endpoint; 0 takes a free one. Needs --s3.",
)
@click.option(
    "--realistic",
    is_flag=True,
    help="Show changes in the steps of a server in production, with random times in between, and keep faults "
    "of it that harm others.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**64 - 1),
    default=0,
    show_default=True,
    metavar="N",
    help="Seed of these times. Needs --realistic.",
)
@click.option(
    "--random-keys",
    is_flag=True,
    help="Make keys that only this server has, instead of the well-known ones. They stay in --data-dir, or "
    "are gone when the server stops.",
)
@click.option(
    "--allow-origin",
    "allow_origins",
    multiple=True,
    metavar="ORIGIN",
    help="Answer web pages of this origin, such as http://localhost:3000; '*' allows all. Can be repeated. "
    "By default web pages are refused.",
)
@click.option(
    "--allow-host",
    "allow_hosts",
    multiple=True,
    metavar="NAME",
    help="Answer requests for this host name, besides IP addresses, localhost and this machine's name. Can "
    "be repeated.",
)
@click.option(
    "--max-connections",
    type=click.IntRange(1, 2**32 - 1),
    default=4096,
    show_default=True,
    help="Connections to serve at the same time.",
)
@click.option("--env", is_flag=True, help="Print the variables of the running server, and exit.")
@click.option(
    "--shell",
    type=click.Choice(SHELLS),
    metavar="NAME",
    help=f"Syntax for --env: {', '.join(SHELLS[:-1])} or {SHELLS[-1]}. The default is bash.",
)
@click.pass_context
def dev(
    ctx: click.Context,
    host: str,
    port: int,
    data_dir: str | None,
    tls_cert: str | None,
    tls_key: str | None,
    s3: bool,
    s3_port: int,
    realistic: bool,
    seed: int,
    random_keys: bool,
    allow_origins: tuple[str, ...],
    allow_hosts: tuple[str, ...],
    max_connections: int,
    env: bool,
    shell: str | None,
) -> None:
    """Run a development server.

    It runs until Ctrl-C, and has a colony and an approved executor with well-known, public keys, or its own
    with --random-keys. In a second terminal, eval "$(pycolonies dev --env)" sets the variables that clients
    and executors read. --env finds the running server, and takes --port where several are running.
    """
    from pycolonies import DevServerError
    from pycolonies._devserver.server import DevServer

    if shell and not env:
        raise click.UsageError("--shell needs --env")
    if env:
        click.echo(exports(_variables(ctx), shell or "bash"))
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
            random_keys=random_keys,
            allow_origins=allow_origins,
            allow_hosts=allow_hosts,
            max_connections=max_connections,
        )
    except (DevServerError, ValueError) as fault:
        raise click.ClickException(str(fault)) from None
    with server, announced(_state(server, data_dir, tls=tls_cert is not None, s3=s3)) as is_announced:
        stop = _on_a_signal()  # before the address is printed: a reader may stop the server at once
        options = _port(server) if is_announced else _options(server, data_dir, tls_cert, s3=s3)
        _introduce(server, options, s3=s3)
        # Waits in slices: on Windows an endless wait delays signals.
        while not stop.wait(0.5):
            pass


def _variables(ctx: click.Context) -> dict[str, str]:
    """Return the variables of the server that the options describe."""
    from pycolonies.cli._dev_env import Wanted, variables

    given = {
        name: value
        for name, value in ctx.params.items()
        if ctx.get_parameter_source(name) not in (ParameterSource.DEFAULT, None)
    }
    if 0 in (given.get("port"), given.get("s3_port")):
        raise click.UsageError("--env needs the port that the server listens on")
    data_dir = given.get("data_dir")
    return variables(
        Wanted(
            given.get("host"),
            given.get("port"),
            "tls_cert" in given,
            given.get("s3_port"),
            bool(given.get("s3")),
            data_dir and os.path.realpath(data_dir),
            bool(given.get("random_keys")),
        )
    )


def _state(server: DevServer, data_dir: str | None, *, tls: bool, s3: bool) -> DevState:
    """Describe a running server. Keys that are public or in its data directory are left out."""
    return DevState(
        server.host,
        server.port,
        tls,
        server.s3.port if s3 else None,
        data_dir and os.path.realpath(data_dir),
        None if data_dir or server.keys.are_public else asdict(server.keys),
    )


def _introduce(server: DevServer, options: str, *, s3: bool) -> None:
    """Print the line for another terminal, and the warning."""
    where = f"{server.url}{f' and S3 at {server.s3.url}' if s3 else ''}"
    command = f"pycolonies dev --env{options}"
    line = _LINES.get(current_shell(), 'eval "$({})"').format(command)
    head = folded(f"Colonies development server at {where}. In another terminal:", err=True)
    warning = _warning(server.host, public=server.keys.are_public)
    click.echo(f"{head}\n  {click.style(line, bold=True)}\n{warning}", err=True)
    if not on_terminal():  # a program that started the server with --port 0
        click.echo(exports(server.environment, "bash"))


def _port(server: DevServer) -> str:
    """Return the option with which --env prints the variables of this server, even if there are others."""
    return "" if server.port == DEFAULT_PORT else f" --port {server.port}"


def _options(server: DevServer, data_dir: str | None, tls_cert: str | None, *, s3: bool) -> str:
    """Return the options with which --env prints the variables of a server that it cannot find."""
    options = [] if server.host == "127.0.0.1" else ["--host", server.host]
    options += [] if server.port == DEFAULT_PORT else ["--port", str(server.port)]
    if s3:
        port = urlsplit(server.s3.url).port
        options += ["--s3", *([] if port == DEFAULT_S3_PORT else ["--s3-port", str(port)])]
    if tls_cert is not None:
        options += ["--tls-cert", shlex.quote(tls_cert)]
    if not server.keys.are_public:
        options += ["--data-dir", shlex.quote(data_dir)] if data_dir else ["--random-keys"]
    return "".join(f" {option}" for option in options)


def _warning(host: str, *, public: bool = True) -> str:
    is_loopback = ip_address(host).is_loopback
    if not public:
        text = "Its keys are its own." if is_loopback else f"Its keys are its own; {host} is on a network."
        return click.style(text, fg="green" if is_loopback else "yellow")
    if is_loopback:
        return click.style("Its keys are public: use it for development only.", fg="yellow")
    text = (
        f"WARNING: {host} is reachable from a network, and the keys of this server are public: everyone on "
        "the network can read, change and run everything in it. Use --host 127.0.0.1, or --random-keys."
    )
    return click.style(folded(text, err=True), fg="red", bold=True)


def _on_a_signal() -> threading.Event:
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    return stop
