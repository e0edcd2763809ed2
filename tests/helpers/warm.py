"""A process that has loaded what commands use, and forks for each command.

A command begins within milliseconds so, where an interpreter takes as long as the rest of a test. Each runs
in a process and its own session, with the streams, variables and terminal that it is given; nothing
is started here before the fork that would not survive it.

Requests come over a socket: JSON, and the descriptors of stdin, stdout, stderr, and of a pipe for the answer,
which is the process's id and, when it has ended, its exit code.
"""

from __future__ import annotations

import fcntl
import gc
import importlib
import json
import os
import signal
import socket
import sys
import termios
import time
import traceback
from datetime import datetime
from typing import Any, NoReturn

import rich.console
import rich.live
import rich.progress
import rich.progress_bar
import rich.status
import rich.table
import rich.text  # noqa: F401 (the import is tested)

import pycolonies
from pycolonies._waiting import explanation
from pycolonies.cli import SUBJECTS, _times, main


def serve(control: socket.socket) -> None:
    """Fork for each request until the other end closes."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # finished children are reaped automatically
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1 << 17, 4)
        if not message:
            return
        if os.fork() == 0:
            control.close()
            _attend(json.loads(message), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _attend(request: dict[str, Any], descriptors: list[int]) -> NoReturn:
    """Run a command in its own process, and tell its id and how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *streams, answer = descriptors
    pid = os.fork()
    if pid == 0:
        os.close(answer)
        _run(request, streams)
    for descriptor in streams:
        os.close(descriptor)
    os.write(answer, f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    os.write(answer, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _run(request: dict[str, Any], streams: list[int]) -> NoReturn:
    """Be the command."""
    os.setsid()
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
    for descriptor in set(streams) - {0, 1, 2}:
        os.close(descriptor)
    if request["terminal"]:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["variables"])
    time.tzset()
    if clock := os.environ.pop("TEST_CLOCK", ""):
        _times.now = lambda: datetime.fromisoformat(clock)
    explanation.LONGEST = 30.0  # the machine may be busy
    sys.argv = ["pycolonies", *request["arguments"]]
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 (closed by its owner)
        for number, mode in enumerate(("r", "w", "w"))
    )
    code = 1
    try:
        main(prog_name="pycolonies")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 (as an interpreter does)
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    for module, _ in SUBJECTS.values():
        importlib.import_module(f"pycolonies.cli.{module}")
    for name in pycolonies.__all__:
        getattr(pycolonies, name)
    gc.freeze()
    serve(socket.socket(fileno=int(sys.argv[1])))
