"""The data path of examples/flights in pandas, scikit-learn and ONNX Runtime.

The same job as data-path.js: clean 3,000,000 flights, split by time, make features, learn two candidates side by side,
take the better one, score May in ONNX Runtime, measure it, score June, and write both as Parquet.

It is written to be fast in its kind: pyarrow's reader on all cores, categories in place of texts, integer crosses by
arithmetic, one sparse matrix built without a loop, scikit-learn's SGD in Cython, two candidates on two threads, and two
sessions of ONNX Runtime with one thread each. It prints one line of JSON: seconds by phase, and the metrics of May.

    pip install pandas pyarrow scikit-learn onnx onnxruntime
    python peer.py FLIGHTS.parquet FOLDER
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pandas as pd
import pyarrow.parquet as pq
from onnx import TensorProto, helper, numpy_helper
from scipy.sparse import csr_matrix
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score


def goes_nowhere(flights):
    """By the numbers of the categories: comparing three million texts takes two seconds."""
    airports = flights.origin.cat.categories.union(flights.destination.cat.categories)
    origin, destination = (column.cat.set_categories(airports).cat.codes for column in (flights.origin, flights.destination))
    return origin == destination


REJECT = {
    "no distance": lambda f: f.distance.isna() | (f.distance <= 0),
    "origin is destination": goes_nowhere,
    "more than twelve hours early or late": lambda f: f.delay.isna() | (f.delay.abs() > 720),
    "not of the half year": lambda f: (f.date < "2001-01-01") | (f.date >= "2001-07-01"),
}
MIN_COUNT = 20


def clean(source):
    flights = pq.read_table(source, read_dictionary=["origin", "destination"]).to_pandas()
    flights["flight_id"] = np.arange(len(flights))
    left = np.ones(len(flights), dtype=bool)
    rejected = {}
    for reason, rule in REJECT.items():
        broken = rule(flights).to_numpy() & left
        rejected[reason] = int(broken.sum())
        left &= ~broken
    flights = flights[left]
    flights["late"] = (flights.delay >= 15).astype("int8")
    return flights.drop(columns="delay"), rejected


def split(flights):
    return (
        flights[flights.date < "2001-05-01"],
        flights[(flights.date >= "2001-05-01") & (flights.date < "2001-06-01")],
        flights[flights.date >= "2001-06-01"],
    )


def vocabulary(column):
    counts = column.value_counts()
    return np.sort(counts.index[counts >= MIN_COUNT].to_numpy(dtype=str))


def codes(column, known):
    """Code 0 for what is not known: the few categories are looked up, the rows follow by number."""
    table = pd.Index(known).get_indexer(column.cat.categories.to_numpy(dtype=str)).astype(np.int64) + 1
    return table[column.cat.codes.to_numpy()]


class Features:
    """Fitted to one table, applied to any: codes [rows, features], each feature's from an offset on."""

    def __init__(self, flights):
        self.origins = vocabulary(flights.origin)
        self.destinations = vocabulary(flights.destination)
        o, d = len(self.origins) + 1, len(self.destinations) + 1
        sizes = [o, d, 24, 60, 1440, 7, o * d, o * 60, d * 60, o * 1440, d * 1440, o * d * 24]
        self.offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
        self.total = int(np.sum(sizes))
        self.destination_count = d

    def apply(self, flights):
        o = codes(flights.origin, self.origins)
        d = codes(flights.destination, self.destinations)
        minutes = flights.date.to_numpy().astype("datetime64[m]").astype(np.int64)
        days = minutes // 1440
        minute_of_day = minutes % 1440
        hour, minute, weekday = minute_of_day // 60, minute_of_day % 60, (days + 3) % 7
        route = o * self.destination_count + d
        columns = [
            o, d, hour, minute, minute_of_day, weekday, route,
            o * 60 + minute, d * 60 + minute, o * 1440 + minute_of_day, d * 1440 + minute_of_day, route * 24 + hour,
        ]
        matrix = np.empty((len(flights), len(columns)), dtype=np.int64)
        for index, column in enumerate(columns):
            np.add(column, self.offsets[index], out=matrix[:, index])
        return matrix


def sparse(matrix, total):
    rows, width = matrix.shape
    ones = np.ones(rows * width, dtype=np.float64)
    starts = np.arange(0, rows * width + 1, width, dtype=np.int32)
    return csr_matrix((ones, matrix.ravel().astype(np.int32), starts), shape=(rows, total))


def train(matrix, labels, rate):
    """scikit-learn has no Adagrad: a constant rate is its nearest, and was the best of those tried."""
    model = SGDClassifier(
        loss="log_loss", penalty=None, learning_rate="constant", eta0=rate, max_iter=1, tol=None, random_state=1
    )
    model.fit(matrix, labels)
    return model


def to_onnx(model, width):
    weights = model.coef_[0].astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["weights", "codes"], ["chosen"]),
            helper.make_node("ReduceSum", ["chosen", "axis"], ["sum"], keepdims=0),
            helper.make_node("Add", ["sum", "bias"], ["logit"]),
            helper.make_node("Sigmoid", ["logit"], ["probability"]),
        ],
        "linear",
        [helper.make_tensor_value_info("codes", TensorProto.INT64, ["rows", width])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["rows"])],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(model.intercept_.astype(np.float32)[0], "bias"),
            numpy_helper.from_array(np.array([1]), "axis"),
        ],
    )
    built = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    built.ir_version = 8
    return built.SerializeToString()


def predict(model, features, flights, keep, path):
    """Two threads, each with a session of one thread: faster than one session with two."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1

    def score(part):
        session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        matrix = features.apply(part)
        runs = [session.run(None, {"codes": matrix[at : at + 8192]})[0] for at in range(0, len(matrix), 8192)]
        return np.concatenate(runs)

    half = len(flights) // 2
    with ThreadPoolExecutor(2) as pool:
        probability = np.concatenate(list(pool.map(score, [flights.iloc[:half], flights.iloc[half:]])))
    flights[keep].assign(probability=probability).to_parquet(path, compression="zstd", index=False)
    return probability


def measure(labels, probability, origins):
    slices = pd.DataFrame({"origin": origins, "late": labels, "probability": probability})
    largest = slices.origin.astype(str).value_counts().index[:20]
    by_origin = {
        name: roc_auc_score(part.late, part.probability)
        for name, part in slices[slices.origin.isin(largest)].groupby("origin", observed=True)
    }
    bins = np.minimum((probability * 10).astype(int), 9)
    calibration = slices.assign(bin=bins).groupby("bin")[["late", "probability"]].mean()
    return {
        "auc": roc_auc_score(labels, probability),
        "logLoss": log_loss(labels, probability.astype(np.float64)),
        "brier": brier_score_loss(labels, probability),
        "slices": len(by_origin),
        "bins": len(calibration),
    }


def main(source, folder):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    seconds, cpu, start = {}, {}, (time.perf_counter(), time.process_time())

    def lap(name, since=list(start)):
        now = time.perf_counter(), time.process_time()
        seconds[name], cpu[name] = now[0] - since[0], now[1] - since[1]
        since[:] = now

    flights, rejected = clean(source)
    lap("preprocess")
    training, holdout, score = split(flights)
    lap("split")
    features = Features(training)
    lap("fitTransform")
    labels = training.late.to_numpy()
    matrix = sparse(features.apply(training), features.total)
    # SGDClassifier gives the interpreter's lock back, so two threads learn side by side.
    with ThreadPoolExecutor(2) as pool:
        models = list(pool.map(lambda rate: train(matrix, labels, rate), [0.1, 0.3]))
    sample = slice(0, 200_000)
    best = min(models, key=lambda model: log_loss(labels[sample], model.predict_proba(matrix[sample])[:, 1]))
    lap("train")
    model = to_onnx(best, len(features.offsets))
    probability = predict(model, features, holdout, ["late", "origin"], folder / "may.parquet")
    lap("predictMay")
    metrics = measure(holdout.late.to_numpy(), probability, holdout.origin)
    lap("evaluate")
    predict(model, features, score, ["flight_id", "date", "origin", "destination"], folder / "june.parquet")
    lap("predictJune")
    seconds["total"], cpu["total"] = time.perf_counter() - start[0], sum(cpu.values())
    print(json.dumps({"seconds": seconds, "cpu": cpu, **metrics, "rejected": rejected}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
