"""What the figures were taken on: enough to judge them, nothing that names the machine or its owner."""

from __future__ import annotations

import os
import platform
import time
from datetime import datetime, timezone
from pathlib import Path


def processor() -> str:
    """Return the processor's model where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


class Others:
    """Tells how busy other processes kept the machine since this object was made (Linux)."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.others = busy_seconds() - own_seconds()

    def percent(self) -> float:
        """Return the part of all cores that was not ours; the children must have been waited for."""
        passed = (time.monotonic() - self.began) * (os.cpu_count() or 1)
        return max(0.0, busy_seconds() - own_seconds() - self.others) / passed * 100


def busy_seconds() -> float:
    """Return the CPU seconds that all processes have used, or that the host has withheld."""
    line = Path("/proc/stat").read_text().partition("\n")[0]
    user, nice, system, _idle, _waiting, interrupts, soft_interrupts, stolen = map(int, line.split()[1:9])
    return (user + nice + system + interrupts + soft_interrupts + stolen) / os.sysconf("SC_CLK_TCK")


def own_seconds() -> float:
    """Return the CPU seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def describe() -> dict[str, str | int]:
    """Return system, processor, cores, Python and the day."""
    return {
        "system": f"{platform.system()} {platform.release().partition('-')[0]} {platform.machine()}",
        "processor": processor(),
        "cores": os.cpu_count() or 0,
        "Python": platform.python_version(),
        "date": datetime.now(timezone.utc).date().isoformat(),
    }
