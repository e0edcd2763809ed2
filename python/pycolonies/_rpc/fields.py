"""Types of the fields of messages, by the names that the protocol gives them.

A server answers a field of another type with "invalid JSON", without the name of the field. So messages are
checked before they are sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pycolonies._shown import shown

#: Fields by type, and what a message calls the type.
_FIELDS: dict[type, tuple[str, str]] = {
    str: (
        "a string",
        """
        arg attributeid availablecpu availablemem blueprintid blueprintname childprocessid colonyid colonyname
        cronexpression cronid description executorid executorname executortype fileid funcname functionid
        generatorid generatorname initiator key kind label locationname message name namespace nodename
        parentprocessid payload payloadtype processgraphid processid serverid snapshotid targetid text userid
        value
        """,
    ),
    int: (
        "an integer",
        """
        afterseq count days inreplyto interval limit maxexectime maxretries maxwaittime priority seconds
        sequence since state timeout trigger
        """,
    ),
    bool: ("True or False", "exact force forcegeneration insert latest random waitforprevprocessgraph"),
}
_TYPES = {name: (kind, words) for kind, (words, names) in _FIELDS.items() for name in names.split()}
#: Fields that hold a record, whose fields are checked, too.
_RECORDS = frozenset(
    {"attribute", "colony", "cron", "executor", "fun", "generator", "location", "spec", "user"}
)
#: Fields whose parameters have other names; some only in messages of one type.
_PARAMETERS = {
    "afterseq": "after_seq",
    "blueprintid": "blueprint_id",
    "cronexpression": "cronexpr",
    "forcegeneration": "force_generation",
    "inreplyto": "in_reply_to",
    "locationname": "location",
    "namespace": "colony_name",
    "out": "output",
    "payloadtype": "payload_type",
    "targetid": "processid",
    "waitforprevprocessgraph": "wait",
    ("addcronmsg", "name"): "cronname",
    ("addexecutorlogmsg", "message"): "logmsg",
    ("addlogmsg", "message"): "logmsg",
    ("channelappendmsg", "name"): "channel_name",
    ("channelreadmsg", "name"): "channel_name",
    ("updateblueprintstatusmsg", "blueprintname"): "name",
    ("updateblueprintstatusmsg", "colonyname"): "colony_name",
    ("getblueprintdefinitionmsg", "colonyname"): "colony_name",
    ("getblueprintdefinitionsmsg", "colonyname"): "colony_name",
    ("getfilemsg", "name"): "filename",
    ("removefilemsg", "name"): "filename",
    ("subscribechannelmsg", "name"): "channel_name",
}


def parameter(msgtype: str, field: str) -> str:
    """Return the name of the parameter that sets a field of a message."""
    return _PARAMETERS.get((msgtype, field)) or _PARAMETERS.get(field, field)


def check_fields(msgtype: str, fields: Mapping[str, Any]) -> None:
    """Refuse a field that has another type than the protocol's.

    Args:
        msgtype: Type of the message.
        fields: Its fields, as plain JSON values.

    Raises:
        TypeError: A field has another type. None is taken only within records, where it is the default.
    """
    for name, value in fields.items():
        if name in _RECORDS and type(value) is dict:
            for inner, part in value.items():
                if part is not None:
                    _check(msgtype, inner, part)
        else:
            _check(msgtype, name, value)


def _check(msgtype: str, name: str, value: object) -> None:
    kind, words = _TYPES.get(name, (None, ""))
    if kind is not None and type(value) is not kind:
        raise TypeError(f"{parameter(msgtype, name)} must be {words}, got {shown(value)}")
