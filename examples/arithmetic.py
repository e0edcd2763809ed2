"""An executor with some functions. Other programs import them from here to call them.

eval "$(pycolonies dev --env)"
python3 examples/arithmetic.py
"""

from pycolonies import Executor

executor = Executor(executortype="arithmetic-executor")


@executor.function
def square(number: float) -> float:
    return number * number


@executor.function
def divide(a: float, b: float) -> float:
    return a / b


@executor.function
def gen_nums(count: int) -> tuple[int, ...]:
    return tuple(range(count))


@executor.function
def sum_nums(*numbers: float) -> float:
    return sum(numbers)


if __name__ == "__main__":
    executor.run(concurrency=4)
