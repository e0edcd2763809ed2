"""Loggers whose records are safe to print."""

from __future__ import annotations

import logging
from functools import partial

from pycolonies._printable import one_line, printable
from pycolonies._syntax_trees import steadily


class PrintableRecords(logging.Filter):
    """Makes log records safe to print; filters nothing.

    A message becomes one line: a name with a line end in it could otherwise forge a record.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if (safe := one_line(message)) != message:
            record.msg, record.args = safe, None
        if record.exc_info and not record.exc_text:
            traceback = steadily(partial(logging.Formatter().formatException, record.exc_info))
            if (safe := printable(traceback)) != traceback:
                record.exc_text = safe
        return True


def logger(name: str) -> logging.Logger:
    """Return a logger whose records are safe to print."""
    found = logging.getLogger(name)
    if not any(isinstance(each, PrintableRecords) for each in found.filters):
        found.addFilter(PrintableRecords())
    return found
