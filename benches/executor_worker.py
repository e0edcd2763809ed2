"""Executors that do what waits: the runtime of this package, or the loop that programs write on 1.0.25."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pycolonies
from measuring import Worker, check
from pycolonies import Colonies, func_spec

OUTPUT = ["helloworld"]
#: Threads that fill the queue.
FILLERS = 8
PATIENCE = 10


class Executing:
    """An executor of some slots, in whichever version is installed."""

    def connect(
        self,
        *,
        host: str,
        port: int,
        colony_name: str,
        colony_prvkey: str,
        executor_type: str,
        executor_prvkey: str,
    ) -> dict[str, str]:
        self.client = Colonies(host, port)
        self.colony_name = colony_name
        self.colony_prvkey = colony_prvkey
        self.executor_type = executor_type
        self.prvkey = executor_prvkey
        self.spec = func_spec("echo", OUTPUT, colony_name, executor_type, maxexectime=100, maxretries=3)
        return {}

    def fill(self, count: int) -> dict[str, list[str]]:
        """Empty the queue, and submit processes that then wait in it; return their ids."""
        self.client.remove_all_processes(self.colony_name, self.colony_prvkey, state=-1)
        with ThreadPoolExecutor(FILLERS) as pool:
            submitted = pool.map(lambda _: self.client.submit_func_spec(self.spec, self.prvkey), range(count))
            return {"processids": [process.processid for process in submitted]}

    def execute(self, slots: int, seconds: float) -> dict[str, float]:
        """Do what waits for some time; return how many processes were done, the seconds, and CPU seconds."""
        done = self.in_runtime if hasattr(pycolonies, "Executor") else self.in_threads
        result = done(slots, seconds)
        check(result["calls"] > 0, "nothing was done")
        return result

    def in_runtime(self, slots: int, seconds: float) -> dict[str, float]:
        executor = pycolonies.Executor(
            self.executor_type,
            client=self.client,
            colonyname=self.colony_name,
            prvkey=self.prvkey,
            colony_prvkey=self.colony_prvkey,
        )
        executor.function(lambda text: text, name="echo")
        executor.start(concurrency=slots)
        cpu, began = time.process_time(), time.perf_counter()
        before = executor.stats().total.successful
        time.sleep(seconds)
        done = executor.stats().total.successful - before
        passed, cpu = time.perf_counter() - began, time.process_time() - cpu
        executor.stop()
        return {"calls": done, "seconds": passed, "cpu": cpu}

    def in_threads(self, slots: int, seconds: float) -> dict[str, float]:
        """What programs do on 1.0.25, in as many threads."""
        done = [0] * slots
        cpu, began = time.process_time(), time.perf_counter()
        deadline = began + seconds

        def work(number: int) -> None:
            while time.perf_counter() < deadline:
                process = self.client.assign(self.colony_name, PATIENCE, self.prvkey)
                self.client.close(process.processid, process.spec.args, self.prvkey)
                done[number] += 1

        threads = [threading.Thread(target=work, args=[number]) for number in range(slots)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        passed = time.perf_counter() - began
        return {"calls": sum(done), "seconds": passed, "cpu": time.process_time() - cpu}


def main() -> None:
    executing = Executing()
    Worker({}, connect=executing.connect, fill=executing.fill, execute=executing.execute).serve()


if __name__ == "__main__":
    main()
