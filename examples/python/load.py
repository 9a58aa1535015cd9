"""Writes scikit-learn's breast cancer data, 569 real biopsies, as Parquet."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.datasets import load_breast_cancer

from step import artifact, write_output

data = load_breast_cancer()
columns = {name.replace(" ", "_"): data.data[:, index].astype(np.float32) for index, name in enumerate(data.feature_names)}
table = pa.table({"id": np.arange(len(data.target)), **columns, "benign": data.target.astype(np.int8)})
pq.write_table(table, artifact("biopsies.parquet"))
write_output(
    {"rows": {"artifact": "dataset", "path": "biopsies.parquet", "metadata": {"rows": table.num_rows}}}
)
