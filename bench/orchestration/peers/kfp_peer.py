"""kfp.local with its subprocess runner at its quickest: no environment of its own and no pip for each task."""

import logging
import tempfile

from kfp import dsl, local
from rounds import answer

logging.disable(logging.CRITICAL)
local.init(
    runner=local.SubprocessRunner(use_venv=False),
    pipeline_root=tempfile.mkdtemp(prefix="kfp-peer-"),
    raise_on_error=True,
)


@dsl.component(install_kfp_package=False)
def noop(value: int) -> int:
    return value + 1


@dsl.pipeline
def chain() -> int:
    last = noop(value=0)
    for _ in range(9):
        last = noop(value=last.output)
    return last.output


@dsl.pipeline
def wide():
    with dsl.ParallelFor(items=list(range(100))) as item:
        noop(value=item)


def run(shape):
    if shape == "chain":
        return chain().output
    wide()
    return None


answer(run)
