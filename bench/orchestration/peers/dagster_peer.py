"""Dagster with its in-process executor (the multiprocess one, its default for deployments, is tens of times slower)."""

import logging

from dagster import DagsterInstance, DynamicOut, DynamicOutput, job, op, in_process_executor
from rounds import answer

logging.disable(logging.CRITICAL)


@op
def zero() -> int:
    return 0


@op
def noop(value: int) -> int:
    return value + 1


@op(out=DynamicOut(int))
def items():
    for value in range(100):
        yield DynamicOutput(value, mapping_key=str(value))


@op
def count(values) -> int:
    return len(values)


@job(executor_def=in_process_executor)
def chain():
    last = noop(zero())
    for _ in range(8):
        last = noop(last)


@job(executor_def=in_process_executor)
def wide():
    count(items().map(noop).collect())


def run(shape):
    # An instance on disk, as a user's is: one in memory would keep nothing.
    result = {"chain": chain, "wide": wide}[shape].execute_in_process(instance=instance)
    if not result.success:
        raise SystemExit(f"{shape} failed")
    return result.output_for_node("count") if shape == "wide" else None


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory(prefix="dagster-peer-") as folder:
        with DagsterInstance.local_temp(folder) as instance:
            answer(run)
