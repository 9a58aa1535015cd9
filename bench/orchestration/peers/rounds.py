"""What all peers share: they answer lines of JSON, so that one process serves many rounds.

    → {"shape": "chain"}        ← {"seconds": 1.23}
"""

import contextlib
import json
import os
import sys
import time


def answer(run, ready=None):
    """Calls run(shape) for each line, with what it prints sent to stderr, and answers how long it took."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    with ready() if ready else contextlib.nullcontext():
        print(json.dumps({"ready": True}), file=out)
        for line in sys.stdin:
            shape = json.loads(line)["shape"]
            began = time.perf_counter()
            result = run(shape)
            seconds = time.perf_counter() - began
            expected = {"chain": 10, "wide": 100}[shape]
            if result is not None and result != expected:
                raise SystemExit(f"{shape} gave {result}, not {expected}")
            print(json.dumps({"seconds": seconds}), file=out)
