"""What happens in a storm."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """What happens in a storm.

    Attributes:
        seed: Decides on everything but timing.
        seconds: How long the storm lasts; running processes end afterwards.
        submitters: Programs that submit.
        executors: Programs that run functions.
        concurrency: Functions that each executor runs at the same time.
        fault: Probability that a piece of an answer is lost, late or doubled.
        hostile: Probability that a hostile server answers a piece of a request.
        harm: Fraction of processes that fail, run too long or ruin their child.
        pause: Longest pause between two blows, in seconds.
        backlog: Submitters wait while more processes than this are waiting.
        least: Processes that must have been acknowledged before the storm ends, however slow the machine is.
        kill_server: Command that kills a server that is not the storm's own and starts it on the same data;
            empty if that server is never killed.
    """

    seed: int
    seconds: float
    submitters: int = 3
    executors: int = 3
    concurrency: int = 8
    fault: float = 0.01
    hostile: float = 0.002
    harm: float = 0.02
    pause: float = 4.0
    backlog: int = 150
    least: int = 0
    kill_server: str = ""
