"""The embedded server in its own process, so that a client's CPU time is the client's alone."""

from __future__ import annotations

import json
import sys
import time

from pycolonies.testing import COLONY_NAME, COLONY_PRVKEY, EXECUTOR_PRVKEY, EXECUTOR_TYPE, DevServer


def say(**facts: str | float) -> None:
    print(json.dumps(facts), flush=True)


def main() -> None:
    """Tell where the server is; then answer each line with the CPU seconds used so far, until end of file."""
    with DevServer() as server:
        say(
            host=server.host,
            port=server.port,
            colony_name=COLONY_NAME,
            colony_prvkey=COLONY_PRVKEY,
            executor_type=EXECUTOR_TYPE,
            executor_prvkey=EXECUTOR_PRVKEY,
        )
        for _ in sys.stdin:
            say(cpu=time.process_time())


if __name__ == "__main__":
    main()
