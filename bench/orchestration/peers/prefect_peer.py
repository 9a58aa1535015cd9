"""Prefect with a server of its own, started before the clock."""

import os
import tempfile

home = tempfile.mkdtemp(prefix="prefect-peer-")
os.environ.update(
    PREFECT_HOME=home,
    PREFECT_LOGGING_LEVEL="CRITICAL",
    PREFECT_SERVER_LOGGING_LEVEL="CRITICAL",
    PREFECT_SERVER_ANALYTICS_ENABLED="false",
    PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS="120",
    PREFECT_CLI_PROMPT="false",
    DO_NOT_TRACK="1",
)

from prefect import flow, task  # noqa: E402
from rounds import answer  # noqa: E402


@task
def noop(value: int) -> int:
    return value + 1


@flow
def chain() -> int:
    value = 0
    for _ in range(10):
        value = noop(value)
    return value


@flow
def wide() -> int:
    return len([future.result() for future in noop.map(list(range(100)))])


answer(lambda shape: {"chain": chain, "wide": wide}[shape]())
