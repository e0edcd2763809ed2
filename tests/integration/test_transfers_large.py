"""Many files, and large ones. Those marked `large` run with ``make test-large``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pycolonies.testing import EXECUTOR_PRVKEY, DevServer
from stores import fill

MIB = 1 << 20
#: Synchronises a directory there, and into another one, and prints the most memory that it took, in KiB.
PROGRAM = """
import sys
from pathlib import Path
from pycolonies import Colonies
colonies = Colonies.from_env()
here, there = sys.argv[1:]
sent = colonies.sync(here, "/data", True)
came = colonies.sync(there, "/data", False)
# Not ru_maxrss: that counts what the process was before it ran this program.
(most,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(len(sent.uploads), len(came.downloads), most.split()[1])
"""


def round_trip(here: Path, there: Path) -> tuple[int, int, int]:
    """Sends and fetches a directory in its own process: files sent, files fetched, memory in bytes."""
    there.mkdir()
    with DevServer(s3=True, data_dir=here.parent / "server") as server:
        ended = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(here), str(there)],
            env=server.environment | {"COLONIES_PRVKEY": EXECUTOR_PRVKEY, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        )
    sent, came, memory = map(int, ended.stdout.split())
    return sent, came, memory * 1024


@pytest.mark.parametrize(
    "count", [1000, pytest.param(10_000, marks=[pytest.mark.large, pytest.mark.timeout(600)])]
)
def test_many_small_files(tmp_path: Path, count: int) -> None:
    here = fill(tmp_path / "here", {f"{n % 7}/{n}": str(n).encode() for n in range(count)})
    sent, came, _ = round_trip(here, tmp_path / "there")
    assert sent == count
    assert came == count
    assert all((tmp_path / "there" / f"{n % 7}" / f"{n}").read_text() == str(n) for n in range(0, count, 97))


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.parametrize(
    "size", [64 * MIB, pytest.param(2048 * MIB, marks=[pytest.mark.large, pytest.mark.timeout(600)])]
)
def test_a_large_file_takes_little_memory(tmp_path: Path, size: int) -> None:
    here = fill(tmp_path / "here", {})
    with (here / "big").open("wb") as file:  # its middle takes no room
        file.write(b"begin")
        file.seek(size - 3)
        file.write(b"end")
    sent, came, memory = round_trip(here, tmp_path / "there")
    assert sent == 1
    assert came == 1
    found = tmp_path / "there" / "big"
    assert found.stat().st_size == size
    with found.open("rb") as file:
        assert file.read(5) == b"begin"
        file.seek(size - 3)
        assert file.read() == b"end"
    assert memory < 100 * MIB, memory
