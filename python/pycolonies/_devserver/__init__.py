"""The embedded Colonies server, for ``pycolonies dev`` and for tests; `pycolonies.testing` exports it."""
