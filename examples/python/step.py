"""What a command needs of docs/protocol/process-step.md: its input, its output and its events."""

import json
import os


def read_input():
    with open(os.environ["MILLRACE_INPUT"]) as file:
        return json.load(file)


def write_output(output):
    with open(os.environ["MILLRACE_OUTPUT"], "w") as file:
        json.dump(output, file)


def artifact(*parts):
    """A path at which a file or folder may be made that becomes an artifact."""
    return os.path.join(os.environ["MILLRACE_ARTIFACTS"], *parts)


def tell(**event):
    with open(os.environ["MILLRACE_EVENTS"], "a") as events:
        events.write(json.dumps(event) + "\n")
