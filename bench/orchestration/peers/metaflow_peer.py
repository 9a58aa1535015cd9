"""Metaflow's local runner: a process a step, as `python flow.py run` has it."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rounds import answer

CHAIN = """
from metaflow import FlowSpec, step

class Chain(FlowSpec):
    @step
    def start(self):
        self.value = 1
        self.next(self.step1)
{steps}
    @step
    def end(self):
        self.value += 1
        assert self.value == 10

if __name__ == "__main__":
    Chain()
"""

STEP = """
    @step
    def step{number}(self):
        self.value += 1
        self.next(self.{following})
"""

WIDE = """
from metaflow import FlowSpec, step

class Wide(FlowSpec):
    @step
    def start(self):
        self.values = list(range(100))
        self.next(self.noop, foreach="values")

    @step
    def noop(self):
        self.value = self.input + 1
        self.next(self.join)

    @step
    def join(self, inputs):
        assert len([each.value for each in inputs]) == 100
        self.next(self.end)

    @step
    def end(self):
        pass

if __name__ == "__main__":
    Wide()
"""

steps = "".join(STEP.format(number=n, following=f"step{n + 1}" if n < 8 else "end") for n in range(1, 9))

with tempfile.TemporaryDirectory(prefix="metaflow-peer-") as folder:
    (Path(folder) / "chain.py").write_text(CHAIN.format(steps=steps))
    (Path(folder) / "wide.py").write_text(WIDE)
    env = {**os.environ, "USERNAME": "bench", "METAFLOW_USER": "bench", "METAFLOW_HOME": folder}

    def run(shape):
        command = [sys.executable, f"{shape}.py", "--quiet", "run", "--max-workers", str(os.cpu_count() * 2)]
        subprocess.run(command, cwd=folder, env=env, check=True, stdout=sys.stderr)

    answer(run)
