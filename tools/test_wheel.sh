#!/usr/bin/env bash
# Builds the package for the `python` on the path and runs the Python tests, on any platform.
set -euo pipefail
cd "$(dirname "$0")/.."
python -m venv .venv
bin=.venv/bin
if [ -d .venv/Scripts ]; then bin=.venv/Scripts; fi
"$bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
VIRTUAL_ENV="$PWD/.venv" "$bin/maturin" develop --release --locked --quiet
"$bin/python" tools/smoke.py
"$bin/python" -m pytest -n 4
