"""``python -m pycolonies``: the command, for environments whose scripts are not on the path."""

from pycolonies.cli import main

main(prog_name="pycolonies")
