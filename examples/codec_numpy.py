"""numpy arrays as arguments and results: exact, with their dtype and shape. Needs numpy."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from pycolonies import Colonies, Executor, TypeCodec
from pycolonies.testing import COLONY_NAME, COLONY_PRVKEY, EXECUTOR_PRVKEY, DevServer

#: Plain numbers, whose bytes are the whole value.
KINDS = "biufc"


def written(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    if array.dtype.kind not in KINDS:
        raise TypeError(f"an array of {array.dtype} can't be sent; convert it to numbers first")
    data = np.ascontiguousarray(array)
    return {
        "dtype": array.dtype.str,  # with the byte order
        "shape": list(array.shape),
        "data": base64.b64encode(data.tobytes()).decode("ascii"),
    }


def read(fields: dict[str, Any]) -> np.ndarray[Any, Any]:
    dtype = np.dtype(fields["dtype"])
    if dtype.kind not in KINDS:
        raise TypeError(f"an array of {dtype} is not read")
    flat = np.frombuffer(base64.b64decode(fields["data"]), dtype=dtype)
    array: np.ndarray[Any, Any] = flat.reshape(fields["shape"]).copy()  # a buffer is read-only
    return array


#: The same on both sides: put it into a module that submitters and executors import.
CODEC = TypeCodec()
CODEC.register(np.ndarray, "numpy.ndarray", encode=written, decode=read)


def main() -> None:
    """Run an executor and submit to it, both in this program."""
    with DevServer() as server:
        client = Colonies(
            server.host, server.port, prvkey=EXECUTOR_PRVKEY, colonyname=COLONY_NAME, codec=CODEC
        )
        executor = Executor("matrix", client=client, colony_prvkey=COLONY_PRVKEY)

        @executor.function
        def product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
            return np.asarray(left @ right)

        with executor:
            left = np.arange(6, dtype=np.float32).reshape(2, 3)
            result = client.with_options(maxexectime=60).call(product, left, left.T).result(timeout=30)
        print(type(result).__name__, result.dtype, result.shape)
        print(np.array_equal(result, left @ left.T))


if __name__ == "__main__":
    main()
