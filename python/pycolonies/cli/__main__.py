"""``python -m pycolonies.cli``."""

from pycolonies.cli import main

main(prog_name="pycolonies")
