"""One measurement of awaitable calls in a fresh process. Prints JSON; `waits.py` starts it.

It runs with this package, with pycolonies 1.0.25, and with httpx and coincurve, so imports are inside.
"""
# ruff: noqa: ASYNC110 (descriptors are counted: nothing tells when they change)

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import statistics
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

assert sys.platform != "win32"  # limits and /proc

HOST, PORT, COLONY, EXECUTORTYPE, KEY = sys.argv[2], int(sys.argv[3]), *sys.argv[4:7]
#: Slots of an executor whose functions end at once.
ACTIVE = 16
PAGE = os.sysconf("SC_PAGE_SIZE")


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def resident() -> int:
    """Return the resident memory in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def tasks() -> int:
    """Return the number of threads."""
    return len([*Path("/proc/self/task").iterdir()])


def descriptors() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


def client() -> Any:
    from pycolonies import AsyncColonies

    return AsyncColonies(HOST, PORT, prvkey=KEY, colonyname=COLONY)


def processes(count: int) -> list[str]:
    """Submit some processes: each call is for another one, as signatures of equal messages are remembered."""
    from pycolonies import Colonies, func_spec

    colonies = Colonies(HOST, PORT, prvkey=KEY, colonyname=COLONY)
    spec = func_spec("f", ["a", 1], COLONY, "no-executor", maxexectime=600)
    return [colonies.submit_func_spec(spec).processid for _ in range(count)]


def rated(calls: int, seconds: float, used: float) -> dict[str, float]:
    return {"rate": calls / seconds, "cpu_us": used / calls * 1e6}


async def ask_in_tasks(
    get: Callable[[str], Awaitable[Any]], ids: list[str], count: int, seconds: float
) -> Any:
    """Measure calls from that many tasks."""
    await get(ids[0])
    calls, position = 0, 0
    end = time.perf_counter() + seconds

    async def ask() -> None:
        nonlocal calls, position
        while time.perf_counter() < end:
            position += 1
            await get(ids[position % len(ids)])
            calls += 1

    begun, used = time.perf_counter(), cpu()
    await asyncio.gather(*(ask() for _ in range(count)))
    return rated(calls, time.perf_counter() - begun, cpu() - used)


def rate(count: int, seconds: float) -> Any:
    ids = processes(512)

    async def main() -> Any:
        return await ask_in_tasks(client().get_process, ids, count, seconds)

    return asyncio.run(main())


def blocking(count: int, seconds: float) -> Any:
    """Measure a blocking client of this package, or of 1.0.25, in that many threads."""
    import pycolonies

    ids = json.loads(sys.stdin.readline())
    colonies = pycolonies.Colonies(HOST, PORT)
    calls = [0] * count

    def ask(number: int) -> None:
        position = number
        while time.perf_counter() < end:
            position += count
            colonies.get_process(ids[position % len(ids)], KEY)
            calls[number] += 1

    colonies.get_process(ids[0], KEY)
    end = time.perf_counter() + seconds
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(count)]
    begun, used = time.perf_counter(), cpu()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return rated(sum(calls), time.perf_counter() - begun, cpu() - used)


def httpx(count: int, seconds: float) -> Any:
    """Measure the same calls, hand-written with httpx and coincurve."""
    from base64 import b64decode, b64encode
    from hashlib import sha3_256

    import httpx as library  # type: ignore[import-not-found]  # in that of benches
    from coincurve import PrivateKey

    ids = json.loads(sys.stdin.readline())
    key = PrivateKey(bytes.fromhex(KEY))

    async def main() -> Any:
        limits = library.Limits(max_connections=32, max_keepalive_connections=32)
        async with library.AsyncClient(limits=limits, timeout=30) as http:

            async def get(processid: str) -> Any:
                message = {"msgtype": "getprocessmsg", "processid": processid}
                payload = b64encode(json.dumps(message).encode()).decode()
                signature = key.sign_recoverable(sha3_256(payload.encode()).digest(), hasher=None).hex()
                envelope = {"payloadtype": "getprocessmsg", "payload": payload, "signature": signature}
                reply = (await http.post(f"http://{HOST}:{PORT}/api", json=envelope)).json()
                return json.loads(b64decode(reply["payload"]))

            return await ask_in_tasks(get, ids, count, seconds)

    return asyncio.run(main())


async def latency(aio: Any, ids: list[str]) -> dict[str, float]:
    found = []
    for processid in ids:
        begun = time.perf_counter()
        await aio.get_process(processid)
        found.append((time.perf_counter() - begun) * 1e3)
        await asyncio.sleep(0.002)
    found.sort()
    return {"p50_ms": statistics.median(found), "p99_ms": found[int(0.99 * len(found))]}


async def until_held(count: int) -> None:
    """Wait until that many connections are open and nothing happens any more."""
    while descriptors() < count:
        await asyncio.sleep(0.05)
    await asyncio.sleep(2)


def waits(count: int, _: float) -> Any:
    """Measure calls of assign that wait through one client."""
    ids = processes(200)

    async def main() -> Any:
        aio = client()
        idle = await latency(aio, ids)
        gc.collect()
        before, threads = resident(), tasks()
        waiting = [asyncio.create_task(aio.assign(timeout=600)) for _ in range(count)]
        await until_held(count)
        gc.collect()
        after, more = resident(), tasks() - threads
        busy = await latency(aio, ids)
        begun = time.perf_counter()
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        cancelled = time.perf_counter() - begun
        aio.close_threads()
        while descriptors() > 100:
            await asyncio.sleep(0.005)
        closed = time.perf_counter() - begun
        return {
            "waiting": count,
            "idle": idle,
            "meanwhile": busy,
            "threads_more": more,
            "kib_each": (after - before) / count / 1024,
            "cancelled_s": cancelled,
            "sockets_closed_s": closed,
        }

    return asyncio.run(main())


def leaks(rounds: int, _: float) -> Any:
    """Start and cancel a thousand calls of assign, many times."""

    async def main() -> Any:
        sizes = []
        for _ in range(rounds):
            aio = client()
            waiting = [asyncio.create_task(aio.assign(timeout=600)) for _ in range(1000)]
            while descriptors() < 1000:
                await asyncio.sleep(0.01)
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            aio.close_threads()
            while descriptors() > 100:
                await asyncio.sleep(0.01)
            gc.collect()
            sizes.append(resident() / 2**20)
        picked = {1, 10, 20, 50, rounds}
        return {
            "mib_after_round": {n: sizes[n - 1] for n in sorted(picked) if n <= rounds},
            "descriptors": descriptors(),
            "tasks": len(asyncio.all_tasks()),
        }

    return asyncio.run(main())


def cancellations(count: int, _: float) -> Any:
    """Cancel calls of assign at about the time at which they receive a process, and count processes."""
    import random

    from pycolonies import NoProcessAvailable, func_spec

    spec = func_spec("f", [], COLONY, EXECUTORTYPE, maxexectime=3600)
    choice = random.Random(1)  # noqa: S311 (the same times again)

    async def main() -> Any:
        aio = client()
        submitted, assigned, cancelled = set(), [], 0

        async def one() -> None:
            nonlocal cancelled
            waiting = asyncio.create_task(aio.assign(timeout=60))
            await asyncio.sleep(0)
            submitting = asyncio.create_task(aio.submit_func_spec(spec))
            await asyncio.sleep(choice.uniform(0, 0.003))
            waiting.cancel()
            submitted.add((await submitting).processid)
            await asyncio.wait([waiting])
            if waiting.cancelled():
                cancelled += 1
            else:
                assigned.append(waiting.result().processid)

        while cancelled < count:
            await asyncio.gather(*(one() for _ in range(8)))
        try:
            while True:
                assigned.append((await aio.assign(timeout=5)).processid)
        except NoProcessAvailable:
            pass
        return {
            "submitted": len(submitted),
            "cancelled": cancelled,
            "lost": len(submitted - set(assigned)),
            "twice": len(assigned) - len(set(assigned)),
        }

    return asyncio.run(main())


def executor(count: int, seconds: float) -> Any:
    """Measure an executor of that many slots, each with a coroutine function that waits for later ones."""
    from collections import deque

    from pycolonies import Colonies, Executor, func_spec

    colonies = Colonies(HOST, PORT, prvkey=KEY, colonyname=COLONY)
    spec = func_spec("hold", [], COLONY, EXECUTORTYPE, maxexectime=600)

    async def fill(number: int) -> None:
        aio, left = client(), iter(range(number))

        async def submit() -> None:
            for _ in left:
                await aio.submit_func_spec(spec)

        await asyncio.gather(*(submit() for _ in range(32)))
        aio.close_threads()

    asyncio.run(fill(3 * count + int(4000 * (seconds + 1))))
    working = Executor(EXECUTORTYPE, client=colonies, prvkey=KEY, colonyname=COLONY)
    held: deque[asyncio.Future[None]] = deque()
    waiting = max(count - ACTIVE, 1)

    @working.function
    async def hold() -> str:
        """Wait until the later ones take all slots but a few: so many are in flight all the time."""
        held.append(asyncio.get_running_loop().create_future())
        own = held[-1]
        if len(held) > waiting:
            held.popleft().set_result(None)
        await own
        return "held"

    working.start(concurrency=count)
    while working.stats().total.successful < 2 * count:
        time.sleep(0.01)
    before, begun, used = working.stats().total.successful, time.perf_counter(), cpu()
    time.sleep(seconds)
    done, used = working.stats().total.successful - before, cpu() - used
    result = {
        **rated(done, time.perf_counter() - begun, used),
        "in_flight": working.stats().total.running,
        "threads": tasks(),
    }
    waiting = 0  # the rest ends, one after the other

    def release() -> None:
        for future in held:
            future.set_result(None)
        held.clear()

    held[0].get_loop().call_soon_threadsafe(release)
    working.stop()
    return result


def main() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    measures: dict[str, Callable[[int, float], Any]] = {
        "rate": rate,
        "blocking": blocking,
        "httpx": httpx,
        "waits": waits,
        "leaks": leaks,
        "cancellations": cancellations,
        "executor": executor,
        "ids": lambda count, _: processes(count),
    }
    print(json.dumps(measures[sys.argv[1]](int(sys.argv[7]), float(sys.argv[8]))))


if __name__ == "__main__":
    main()
