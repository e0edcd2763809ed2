"""Runs code that was written for the standard library's pools in a colony.

eval "$(pycolonies dev --env)"
python3 examples/arithmetic.py     in another terminal
python3 examples/pool.py
"""

from concurrent.futures import as_completed

from arithmetic import square

from pycolonies import ColoniesPoolExecutor

# with ProcessPoolExecutor() as pool:
with ColoniesPoolExecutor(maxexectime=60) as pool:
    print("squares:", list(pool.map(square, range(5))))
    futures = {pool.submit(square, number): number for number in (7, 8)}
    for future in as_completed(futures, timeout=60):
        print(futures[future], "squared is", future.result())
