"""What the figures were taken on: enough to judge them, nothing that names the machine or its owner."""

from __future__ import annotations

import os
import platform
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


def describe() -> dict[str, str | int]:
    """Return system, processor, cores, Python, the day, and how busy the machine was before the start."""
    return {
        "system": f"{platform.system()} {platform.release().partition('-')[0]} {platform.machine()}",
        "processor": processor(),
        "cores": os.cpu_count() or 0,
        "Python": platform.python_version(),
        "date": datetime.now(timezone.utc).date().isoformat(),
        "load before the start": f"{os.getloadavg()[0]:.2f}",
    }
