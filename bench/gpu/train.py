"""Trains a small network with PyTorch, writes it as ONNX, and tells on which device it did so, and when."""

import json
import os
import sys
import time

# Before PyTorch is loaded: the task holds its device from here on.
BEGAN = int(time.time() * 1000)

import torch
from torch import nn

BATCH = 1_000
# Quicker ways of multiplying keep 10 bits of 23, and are not what ONNX Runtime computes.
torch.set_float32_matmul_precision("highest")


def artifact(name):
    return os.path.join(os.environ["MILLRACE_ARTIFACTS"], name)


def tell(**event):
    with open(os.environ["MILLRACE_EVENTS"], "a") as events:
        events.write(json.dumps(event) + "\n")


def read(reference, width):
    """A file of float32 numbers, row by row."""
    with open(reference["path"], "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.float32).reshape(-1, width)


def refuse_without_cuda():
    if torch.cuda.is_available():
        return
    message = (
        f"PyTorch {torch.__version__}, built for CUDA {torch.version.cuda}, sees no CUDA device "
        f"(CUDA_VISIBLE_DEVICES is {os.environ.get('CUDA_VISIBLE_DEVICES')!r}). "
        "Look at nvidia-smi, or run the check with --device cpu."
    )
    tell(kind="failure", name="NoDevice", message=message, retryable=False)
    sys.exit(64)


def wait_for(device):
    """A GPU works on while the program goes on: a clock that is read without waiting says too little."""
    if device == "cuda":
        torch.cuda.synchronize()


def losses_of(network, features, labels, epochs):
    """Trains, and gives the mean loss of each epoch when it is over."""
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    loss_of = nn.BCEWithLogitsLoss()
    for _ in range(epochs):
        total = torch.zeros((), device=features.device)
        for rows in torch.randperm(len(features), device=features.device).split(BATCH):
            optimizer.zero_grad()
            loss = loss_of(network(features[rows]), labels[rows])
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(rows)
        yield float(total) / len(features)


def build(width, hidden):
    torch.manual_seed(7)
    return nn.Sequential(
        nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1)
    )


def main():
    with open(os.environ["MILLRACE_INPUT"]) as file:
        given = json.load(file)
    name, width, hidden = given["device"], given["width"], given["hidden"]
    if name == "cuda":
        refuse_without_cuda()
    features, labels = read(given["features"], width), read(given["labels"], 1)

    device = torch.device(name)
    features, labels = features.to(device), labels.to(device)
    # The libraries' own start is not training.
    list(losses_of(build(width, hidden).to(device), features[:BATCH], labels[:BATCH], 1))
    network = build(width, hidden).to(device)
    wait_for(name)
    start = time.perf_counter()
    for epoch, loss in enumerate(losses_of(network, features, labels, given["epochs"])):
        tell(kind="metrics", values={"loss": loss}, step=epoch + 1)
    wait_for(name)
    seconds = time.perf_counter() - start
    scored = nn.Sequential(network, nn.Sigmoid()).eval()
    with torch.no_grad():
        scored(features).cpu().numpy().tofile(artifact("predictions.f32"))

    torch.onnx.export(
        scored.cpu(),
        (torch.zeros(1, width),),
        artifact("core.onnx"),
        input_names=["features"],
        output_names=["probability"],
        dynamic_axes={"features": {0: "rows"}, "probability": {0: "rows"}},
        opset_version=17,
        dynamo=False,
    )
    output = {
        "core": {"artifact": "file", "path": "core.onnx"},
        "predictions": {"artifact": "file", "path": "predictions.f32"},
        "hidden": hidden,
        "device": torch.cuda.get_device_name() if name == "cuda" else "cpu",
        "visible": os.environ.get("CUDA_VISIBLE_DEVICES"),
        "devices": torch.cuda.device_count(),
        "began": BEGAN,
        "ended": int(time.time() * 1000),
        "seconds": seconds,
        "peakBytes": torch.cuda.max_memory_allocated() if name == "cuda" else 0,
        "loss": loss,
    }
    with open(os.environ["MILLRACE_OUTPUT"], "w") as file:
        json.dump(output, file)


main()
