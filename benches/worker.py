"""Measures pycolonies, whichever version is installed: what is called here is spelled alike in all."""

from __future__ import annotations

from importlib.metadata import version
from itertools import cycle
from typing import Any

from measuring import DIFFERENT, Operation, Worker, check
from pycolonies import Colonies, Crypto, func_spec

#: What executors close their processes with.
OUTPUT = ["helloworld"]
#: Seconds that an executor may wait for work. There is always some: each cycle submits before it assigns.
PATIENCE = 10


class Calls:
    """The calls of one client that all threads share."""

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
        """Make the client."""
        self.client = Colonies(host, port)
        self.colony_name = colony_name
        self.colony_prvkey = colony_prvkey
        self.prvkey = executor_prvkey
        self.specs = cycle(
            [
                func_spec("echo", [number], colony_name, executor_type, maxexectime=100, maxretries=3)
                for number in range(DIFFERENT)
            ]
        )
        return {name: version(name) for name in ("pycolonies", "pydantic")}

    def find(self, processids: list[str]) -> dict[str, str]:
        """Remember processes that are there."""
        self.processids = processids
        return {}

    def clear(self) -> None:
        """Remove what earlier cells left, so that no candidate finds the shorter queue."""
        self.client.remove_all_processes(self.colony_name, self.colony_prvkey, state=-1)

    def get_process(self) -> Operation:
        """Ask for each of the processes in turn that the driver has told of."""
        wanted = self.processids[0]
        found = self.client.get_process(wanted, self.prvkey)
        check(found.processid == wanted, "another process was found")
        check(found.spec.args == OUTPUT, "the process lost its arguments")
        each = cycle(self.processids)
        return lambda: self.client.get_process(next(each), self.prvkey)

    def submit(self) -> Operation:
        self.clear()
        submitted = self.client.submit_func_spec(next(self.specs), self.prvkey)
        check(submitted.state == Colonies.WAITING, "the submitted process does not wait")
        check(submitted.spec.funcname == "echo", "the submitted process has another function")
        return lambda: self.client.submit_func_spec(next(self.specs), self.prvkey)

    def cycle(self) -> Operation:
        self.clear()
        closed = self.client.get_process(self.submit_assign_close(), self.prvkey)
        check(closed.state == Colonies.SUCCESSFUL, "the closed process is not successful")
        check(closed.output == OUTPUT, "the closed process has another output")
        return self.submit_assign_close

    def submit_assign_close(self) -> str:
        self.client.submit_func_spec(next(self.specs), self.prvkey)
        process = self.client.assign(self.colony_name, PATIENCE, self.prvkey)
        self.client.close(process.processid, OUTPUT, self.prvkey)
        return process.processid


class Signing:
    """Signatures and identities, of a key that the driver chooses, over texts of a message's length."""

    def __init__(self) -> None:
        self.crypto = Crypto()

    def choose(self, texts: list[str], prvkey: str) -> dict[str, Any]:
        """Remember the input; return what comes out, for comparison between the candidates."""
        self.texts = texts
        self.prvkey = prvkey
        signatures = [self.crypto.sign(text, prvkey) for text in texts]
        return {"signatures": signatures, "id": self.crypto.id(prvkey)}

    def sign(self) -> Operation:
        texts = cycle(self.texts)
        return lambda: self.crypto.sign(next(texts), self.prvkey)

    def id(self) -> Operation:
        return lambda: self.crypto.id(self.prvkey)


def main() -> None:
    calls = Calls()
    signing = Signing()
    Worker(
        {
            "get_process": calls.get_process,
            "submit": calls.submit,
            "cycle": calls.cycle,
            "sign": signing.sign,
            "id": signing.id,
        },
        connect=calls.connect,
        find=calls.find,
        choose=signing.choose,
    ).serve()


if __name__ == "__main__":
    main()
