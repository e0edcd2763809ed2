"""Move files to the embedded S3 server and back, with boto3 and with this package, in one run.

``make bench-files``, or ``python benches/transfers.py --boto3 PYTHON --new PYTHON`` with the interpreters of
two environments. Each candidate runs in its own process beside the server, candidates take turns, and
the sizes of what arrives are compared. boto3 moves files as its users do: ``upload_file`` and
``download_file`` in ten threads, its own number. This package is measured twice: *storage* moves the same
objects, *sync* also records each file.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

SMALL, SMALL_BYTES = 1000, 10_000
LARGE_BYTES = 512 << 20
#: What is expected: times boto3's rate.
EXPECTED = {"small": 3.0, "large": 1.0}
THREADS = 10


def boto3_moves(here: Path, there: Path) -> tuple[Callable[[], object], Callable[[], object]]:
    from concurrent.futures import ThreadPoolExecutor

    import boto3

    variables = os.environ
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{variables['AWS_S3_ENDPOINT']}",
        aws_access_key_id=variables["AWS_S3_ACCESSKEY"],
        aws_secret_access_key=variables["AWS_S3_SECRETKEY"],
        region_name=variables["AWS_S3_REGION"],
    )
    bucket, names = variables["AWS_S3_BUCKET"], sorted(path.name for path in here.iterdir())

    def up() -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda name: client.upload_file(str(here / name), bucket, f"boto3-{name}"), names))

    def down() -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            list(
                pool.map(lambda name: client.download_file(bucket, f"boto3-{name}", str(there / name)), names)
            )

    return up, down


def storage_moves(here: Path, there: Path) -> tuple[Callable[[], object], Callable[[], object]]:
    from pycolonies import S3Settings
    from pycolonies._files.settings import storage

    store = storage(S3Settings.from_env())
    files = sorted(here.iterdir())

    def checked(results: list[object]) -> None:
        for result in results:
            if isinstance(result, Exception):
                raise result

    def up() -> None:
        checked([*store.put_files([(path, f"storage-{path.name}") for path in files])])

    def down() -> None:
        wanted = [(f"storage-{path.name}", path.name, path.stat().st_size, None) for path in files]
        checked([*store.get_files(there, wanted)])

    return up, down


def sync_moves(here: Path, there: Path) -> tuple[Callable[[], object], Callable[[], object]]:
    from pycolonies import Colonies

    colonies, label = Colonies.from_env(), f"/bench/{os.getpid()}"
    return (lambda: colonies.sync(here, label, True)), (lambda: colonies.sync(there, label, False))


MOVES = {"boto3": boto3_moves, "storage": storage_moves, "sync": sync_moves}


def work(candidate: str, here: Path, there: Path) -> None:
    """Move the files of a directory there and back; print the seconds of each as JSON."""
    up, down = MOVES[candidate](here, there)
    times = []
    for move in (up, down):
        began = time.perf_counter()
        move()
        times.append(time.perf_counter() - began)
    for path in here.iterdir():
        if path.is_file() and path.name != ".cfs":
            assert (there / path.name).stat().st_size == path.stat().st_size, path.name
    print(json.dumps(times))


def fill(directory: Path, count: int, size: int) -> None:
    directory.mkdir(parents=True)
    for number in range(count):
        with (directory / f"{number:04}").open("wb") as file:
            for _ in range(0, size, 1 << 20):
                file.write(os.urandom(min(size, 1 << 20)))


def measure(pythons: dict[str, str], rounds: int) -> dict[tuple[str, str, str], list[float]]:
    from pycolonies.testing import EXECUTOR_PRVKEY, DevServer

    times: dict[tuple[str, str, str], list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        fill(place / "small", SMALL, SMALL_BYTES)
        fill(place / "large", 1, LARGE_BYTES)
        for number in range(rounds):
            for kind in ("small", "large"):
                order = sorted(
                    MOVES, key=lambda candidate: (list(MOVES).index(candidate) + number) % len(MOVES)
                )
                for candidate in order:
                    with DevServer(s3=True) as server:
                        there = place / "there"
                        there.mkdir()
                        command = [
                            pythons[candidate],
                            __file__,
                            "--work",
                            candidate,
                            str(place / kind),
                            str(there),
                        ]
                        variables = os.environ | server.environment | {"COLONIES_PRVKEY": EXECUTOR_PRVKEY}
                        ended = subprocess.run(command, env=variables, stdout=subprocess.PIPE, check=True)
                    shutil.rmtree(there)
                    (place / kind / ".cfs").unlink(missing_ok=True)
                    for direction, seconds in zip(("up", "down"), json.loads(ended.stdout), strict=True):
                        times.setdefault((kind, direction, candidate), []).append(seconds)
    return times


def show(times: dict[tuple[str, str, str], list[float]]) -> bool:
    """Print medians and ratios; return whether what is expected was reached."""
    reached = True
    for (kind, direction, candidate), seconds in sorted(times.items()):
        ratio = median(times[kind, direction, "boto3"]) / median(seconds)
        spread = f"{min(seconds):.2f} to {max(seconds):.2f}"
        line = (
            f"{kind:6} {direction:5} {candidate:8} {median(seconds):7.2f} s ({spread})  {ratio:5.2f} x boto3"
        )
        if candidate == "storage":
            good = ratio >= EXPECTED[kind]
            reached &= good
            line += f"  {'reached' if good else 'MISSED'}: {EXPECTED[kind]:g}"
        print(line)
    return reached


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boto3", default=sys.executable)
    parser.add_argument("--new", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", nargs=3)
    given = parser.parse_args()
    if given.work:
        work(given.work[0], Path(given.work[1]), Path(given.work[2]))
        return
    pythons = {"boto3": given.boto3, "storage": given.new, "sync": given.new}
    sys.exit(not show(measure(pythons, given.rounds)))


if __name__ == "__main__":
    main()
