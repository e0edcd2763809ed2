"""``python -m pycolonies``: the command, for environments whose scripts are not on the path."""

from pycolonies.cli import main

if __name__ == "__main__":
    main(prog_name="pycolonies")
