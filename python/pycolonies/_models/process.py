"""Processes and their attributes."""

from typing import Any, ClassVar

from pydantic import Field

from pycolonies._models.base import NEVER, Record, Texts, Time
from pycolonies._models.spec import FuncSpec
from pycolonies._models.state import ProcessState


class Attribute(Record):
    """A named value that is attached to a process."""

    attributeid: str = ""
    targetid: str = ""
    targetcolonyname: str = ""
    targetprocessgraphid: str = ""
    state: int = 0
    attributetype: int = 0
    key: str = ""
    value: str = ""


class Process(Record):
    """One run of a function spec, as the server keeps it.

    ``state`` compares to the integers ``Colonies.WAITING``, ``RUNNING``, ``SUCCESSFUL``, ``FAILED`` and
    ``CANCELLED``. Times are in UTC; a time that has not come yet is ``NEVER``, the first of January in the
    year 1.
    """

    _shown: ClassVar[tuple[str, ...]] = ("processid", "state", "spec")
    _aliases: ClassVar[dict[str, str]] = {"in": "input", "out": "output"}

    processid: str = ""
    initiatorid: str = ""
    initiatorname: str = ""
    assignedexecutorid: str = ""
    isassigned: bool = False
    state: ProcessState = ProcessState.WAITING
    prioritytime: int = 0
    submissiontime: Time = NEVER
    starttime: Time = NEVER
    endtime: Time = NEVER
    waitdeadline: Time = NEVER
    execdeadline: Time = NEVER
    retries: int = 0
    attributes: list[Attribute] | None = []
    spec: FuncSpec = FuncSpec()
    waitforparents: bool = False
    parents: Texts = []
    children: Texts = []
    processgraphid: str = ""
    input: list[Any] | None = Field(default=[], alias="in")
    output: list[Any] | None = Field(default=[], alias="out")
    errors: Texts = []
