"""``python -m pycolonies.cli``."""

from pycolonies.cli import main

if __name__ == "__main__":
    main(prog_name="pycolonies")
