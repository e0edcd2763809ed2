"""An executor that is process 1 of a container reaps orphans, and nothing else."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="process 1 of Linux")

# A process that adopts orphans as process 1 does, without being it.
SCRIPT = """
import ctypes, os, subprocess, threading, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
from pycolonies._executor.reaper import OrphanReaper

before = subprocess.Popen(["sh", "-c", "exit 3"])
reaper = OrphanReaper()
own, go = [], threading.Event()

def function():
    own.append(subprocess.Popen(["sh", "-c", "sleep 0.3; exit 5"]))
    subprocess.run(["sh", "-c", "sleep 0.2 & sleep 0.2 &"])
    go.wait()

thread = threading.Thread(target=function)
thread.start()
while not own: time.sleep(0.01)
reaped = reaper.look()
go.set()
thread.join()
until = time.monotonic() + 20
while len(reaped) < 2 and time.monotonic() < until:
    reaped += reaper.look()
    time.sleep(0.02)
time.sleep(0.5)
reaped += reaper.look()
print(len(reaped), own[0].pid in reaped, own[0].wait(), before.wait())
"""


def test_orphans_are_reaped_and_own_children_are_not() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["2", "False", "5", "3"]
