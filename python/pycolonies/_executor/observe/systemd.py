"""Tells systemd when an executor is ready, stops, and is alive (``Type=notify``, ``WatchdogSec=``)."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from pycolonies._executor.observe.events import Observer
from pycolonies._platform import send_datagram
from pycolonies._printable import one_line

if TYPE_CHECKING:
    from pycolonies._executor.observe.events import ExecutorInfo


class SystemdNotifier(Observer):
    """Sends the notifications of ``sd_notify(3)``; does nothing if systemd has not asked for them.

    ``READY=1`` is sent once the executor is registered and approved, ``STATUS=`` while the server cannot be
    reached, ``STOPPING=1`` at the end, and ``WATCHDOG=1`` at half the interval of ``WatchdogSec=``.
    ``pycolonies executor run`` adds it by itself.
    """

    def __init__(self) -> None:
        self._address = os.environ.get("NOTIFY_SOCKET", "")
        self._interval = int(os.environ.get("WATCHDOG_USEC", "0")) / 2_000_000
        self._over = threading.Event()

    def started(self, about: ExecutorInfo) -> None:
        name = one_line(about.executorname)
        self._notify(f"READY=1\nSTATUS={name}: running up to {about.concurrency} calls at a time")
        if self._interval and self._address:
            threading.Thread(target=self._beat, name="pycolonies-watchdog", daemon=True).start()

    def disconnected(self, error: Exception) -> None:
        self._notify("STATUS=the server cannot be reached; retrying")

    def reconnected(self) -> None:
        self._notify("STATUS=the server can be reached again")

    def stopped(self) -> None:
        self._over.set()
        self._notify("STOPPING=1")

    def _beat(self) -> None:
        while not self._over.wait(self._interval):
            self._notify("WATCHDOG=1")

    def _notify(self, state: str) -> None:
        if not self._address:
            return
        with suppress(OSError):  # systemd notices a service that does not notify
            send_datagram(self._address, state.encode())
