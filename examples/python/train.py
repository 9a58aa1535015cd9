"""Fits a logistic regression with scikit-learn and writes it as ONNX: a folder with model.onnx and signature.json."""

import json
import os

import numpy as np
import pyarrow.parquet as pq
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from step import artifact, read_input, tell, write_output

given = read_input()
features, target = given["features"], given["target"]
table = pq.read_table(given["training"]["path"], columns=[*features, target])
matrix = np.column_stack([table[name].to_numpy() for name in features]).astype(np.float32)
labels = table[target].to_numpy()
tell(kind="progress", share=0.2, message=f"{len(labels)} rows read")

fitted = make_pipeline(StandardScaler(), LogisticRegression(C=given["c"])).fit(matrix, labels)
loss = float(log_loss(labels, fitted.predict_proba(matrix)))
tell(kind="metrics", values={"logLoss": loss})

# Probabilities as a plain tensor: what ZipMap makes of them is none, and could not be served.
model = to_onnx(
    fitted,
    initial_types=[("features", FloatTensorType([None, len(features)]))],
    options={"zipmap": False},
    target_opset=17,
)
os.mkdir(artifact("model"))
with open(artifact("model", "model.onnx"), "wb") as file:
    file.write(model.SerializeToString())
# Serving warms a version up with the example row before it answers clients.
signature = {
    "inputs": [{"name": "features", "type": "float32", "shape": ["rows", len(features)]}],
    "outputs": [
        {"name": "label", "type": "int64", "shape": ["rows"]},
        {"name": "probabilities", "type": "float32", "shape": ["rows", 2]},
    ],
    "example": {"features": [float(value) for value in matrix[0]]},
}
with open(artifact("model", "signature.json"), "w") as file:
    json.dump(signature, file)

write_output(
    {
        "model": {"artifact": "model", "path": "model", "metadata": {"signature": signature}},
        "logLoss": loss,
    }
)
