"""Log records of children: handed to the parent's loggers, within bounds."""

from __future__ import annotations

import logging
import threading
from typing import Any

from pycolonies._printable import printable

#: Logger of records whose logger a child may not name.
OTHER = "pycolonies.children"
#: Characters of a record's text and of a logger's name, and dots in the name: each makes its own logger.
MAX_TEXT = 65536
MAX_NAME = 200
MAX_PARTS = 10
#: Limit of loggers that records of children may create. Python never removes a logger.
MAX_NEW = 500

#: Records of one call that are kept, from children that are not trusted.
MAX_RECORDS = 1000

_new: set[str] = set()
_lock = threading.Lock()


def handle(name: Any, level: Any, text: Any, path: Any, line: Any, *, trusted: bool) -> None:
    """Hand a record to the parent's loggers.

    Args:
        name: The logger's name in the child.
        level: Its level; limited to 0 to 50.
        text: Its text; the end of a long one is cut off.
        path: The file that logged it.
        line: The line in that file.
        trusted: Whether the child runs the program's own functions. Records of others all go to one logger,
            with the name in their text, and their further lines are indented: none looks like a record.
    """
    name, text = printable(str(name)[:MAX_NAME]), printable(str(text)[:MAX_TEXT])
    path = printable(str(path)[:MAX_TEXT])
    level = min(max(int(level), 0), logging.CRITICAL)
    if not trusted:
        name, text = " ".join(name.split("\n")), text.replace("\n", "\n    ")
    if not trusted or not _may_exist(name):
        name, text = OTHER, f"{name}: {text}"
    logger = logging.getLogger(name)
    if logger.isEnabledFor(level):
        logger.handle(logger.makeRecord(name, level, path, int(line), text, (), None))


def _may_exist(name: str) -> bool:
    with _lock:
        if name in _new or name in logging.Logger.manager.loggerDict:
            return True
        if len(_new) >= MAX_NEW or name.count(".") > MAX_PARTS:
            return False
        _new.add(name)
        return True
