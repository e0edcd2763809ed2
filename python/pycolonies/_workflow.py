"""Workflows: function specs that depend on each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from pycolonies._compat import WorkflowOf2023, workflow_of_2023
from pycolonies._models import FuncSpec, Record, empty_for_null


class Workflow(WorkflowOf2023, Record):
    """Function specs that depend on each other, by the node names in their conditions.

    ::

        workflow = Workflow(colonyname="dev", functionspecs=[first, second])

    Args:
        colonyname: Colony in which all of them run. An id, as in 2023, is taken too.
        functionspecs: The nodes; each has a ``nodename``, and in ``conditions.dependencies`` the names of
            the nodes that it waits for.
    """

    colonyname: str
    functionspecs: Annotated[list[FuncSpec], BeforeValidator(empty_for_null), Field(default=[])]

    def __init__(
        self,
        colonyid: str | None = None,
        /,
        functionspecs: Sequence[FuncSpec | dict[str, Any]] = (),
        **fields: Any,  # noqa: ANN401
    ) -> None:
        colonyid = fields.pop("colonyid", colonyid)
        if colonyid is not None:
            fields["colonyname"] = workflow_of_2023(colonyid)
        fields["functionspecs"] = functionspecs
        super().__init__(**fields)
