"""`pycolonies version` and `pycolonies cluster`."""

from __future__ import annotations

import pycolonies
from commands import Commands


def test_the_version_is_that_of_the_package(cli: Commands) -> None:
    assert cli.json("version")["version"] == pycolonies.__version__
    assert pycolonies.__version__ in cli.piped("version").stdout
    assert cli.piped("--version").stdout == f"pycolonies {pycolonies.__version__}\n"


def test_a_cluster_has_its_old_name_too(cli: Commands) -> None:
    assert cli.json("cluster", "info") == cli.json("server", "cluster")
