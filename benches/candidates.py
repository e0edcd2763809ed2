"""The processes of one run: the server, a worker for each pycolonies, and one for coincurve."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, final

from child import Child
from figures import COINCURVE, NEW, OLD

#: Texts to sign, of the length that the payload of a message has.
TEXTS = [secrets.token_hex(200) for _ in range(64)]
#: The version that the new package is measured against.
OLD_VERSION = "1.0.25"


class UnfairError(Exception):
    """The candidates do not do the same work, or not with the same versions of everything else."""


@final
class Candidates:
    """Starts the processes, checks that they do the same work, and ends them."""

    def __init__(self, old: Path, new: Path, bare: Path) -> None:
        self.bare_program = bare
        self.pythons = {OLD: old, NEW: new}
        self.stack = ExitStack()

    def __enter__(self) -> Candidates:
        with ExitStack() as stack:
            self.server = stack.enter_context(Child(self.pythons[NEW], "server.py"))
            self.place = self.server.hear()
            self.clients = {
                name: stack.enter_context(Child(python, "worker.py")) for name, python in self.pythons.items()
            }
            self.executors = {
                name: stack.enter_context(Child(python, "executor_worker.py"))
                for name, python in self.pythons.items()
            }
            place = ("host", "port", "colony_name", "executor_type", "executor_prvkey")
            words = [str(self.place[name]) for name in place]
            self.bare = stack.enter_context(Child(self.bare_program, *words))
            coincurve = stack.enter_context(Child(self.pythons[OLD], "coincurve_worker.py"))
            self.signers = {**self.clients, COINCURVE: coincurve}
            self.versions = self.connect() | self.choose_texts()
            self.stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stack.close()

    def connect(self) -> dict[str, str]:
        """Point both clients at the server; return the versions of what they run with."""
        found = {name: client.ask("connect", **self.place) for name, client in self.clients.items()}
        for executor in self.executors.values():
            executor.ask("connect", **self.place)
        if found[OLD]["pycolonies"] != OLD_VERSION:
            raise UnfairError(f"measured against {found[OLD]['pycolonies']} instead of {OLD_VERSION}")
        if found[NEW]["pycolonies"] == OLD_VERSION:
            raise UnfairError(f"both candidates are {OLD_VERSION}")
        if found[OLD]["pydantic"] != found[NEW]["pydantic"]:
            raise UnfairError("the candidates have different versions of pydantic")
        return {name: str(version) for name, version in found[NEW].items()}

    def choose_texts(self) -> dict[str, str]:
        """Give all signers the same texts and the same key; return the version of coincurve."""
        prvkey = self.place["executor_prvkey"]
        found = {
            name: signer.ask("choose", texts=TEXTS, prvkey=prvkey) for name, signer in self.signers.items()
        }
        version: str = found[COINCURVE].pop("version")
        if any(answer != found[NEW] for answer in found.values()):
            raise UnfairError("signatures or identities differ between the candidates")
        return {"coincurve": version}

    def connect_through(self, port: int, client: Child) -> None:
        """Point one client at another port of the same host."""
        place: Mapping[str, Any] = self.place | {"port": port}
        client.ask("connect", **place)

    def server_cpu(self) -> float:
        """Return the CPU seconds that the server has used."""
        seconds: float = self.server.ask("cpu")["cpu"]
        return seconds
