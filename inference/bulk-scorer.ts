import type { Tensor } from 'onnxruntime-node';
import type { ColumnKinds, Columns } from '../data/index.ts';
import { MODEL_FILES, readModel } from './model-folder.ts';
import { type DirectSession, openDirectSession } from './onnx/direct-session.ts';
import { coreValues } from './onnx/join-transform.ts';
import { parseOnnx } from './onnx/onnx-file.ts';

import { createKernel } from './transform/kernel.ts';
import { inputsOf, type Transform } from './transform/transform.ts';

/** A model made ready to score tables: the transform's kernel and a session of its core. */
export interface BulkScorer {
  /** The raw columns that a batch must have. */
  readonly inputs: ColumnKinds;
  /** Probabilities of a batch's rows. The array is used again by the next call. */
  score(batch: Columns): Float32Array;
  close(): void;
}

/** Rows of one run of the session: small enough for its features to stay in the processor's cache. */
const RUN_ROWS = 8_192;

/** @throws InferenceError when the folder is no model, or its parts do not belong together. */
export async function openBulkScorer(folder: string): Promise<BulkScorer> {
  const { transform, core: bytes } = await readModel(folder);
  const core = await openCore(transform, bytes, `${folder}/${MODEL_FILES.core}`);
  const kernel = createKernel(transform);
  const state = { features: new Float32Array(0), probabilities: new Float32Array(0) };
  return {
    inputs: inputsOf(transform),
    score(batch) {
      if (state.probabilities.length < batch.rows) {
        state.features = new Float32Array(batch.rows * kernel.width);
        state.probabilities = new Float32Array(batch.rows);
      }
      const probabilities = state.probabilities.subarray(0, batch.rows);
      kernel.apply(batch, state.features);
      runCore(core, kernel.width, state.features, probabilities);
      return probabilities;
    },
    close: () => core.session.close(),
  };
}

interface Core {
  readonly session: DirectSession;
  readonly Tensor: typeof Tensor;
  readonly input: string;
  readonly output: string;
  /** Two where the output has a column for each class; the second is meant. */
  readonly columns: 1 | 2;
}

async function openCore(transform: Transform, bytes: Uint8Array, name: string): Promise<Core> {
  const { input, output } = coreValues(transform, parseOnnx(bytes, name), name);
  const { Tensor } = await import('onnxruntime-node');
  return {
    session: openDirectSession(bytes),
    Tensor,
    input: input.name,
    output: output.name,
    columns: output.shape[1] === 2 ? 2 : 1,
  };
}

function runCore(core: Core, width: number, features: Float32Array, probabilities: Float32Array): void {
  for (let from = 0; from < probabilities.length; from += RUN_ROWS) {
    const rows = Math.min(RUN_ROWS, probabilities.length - from);
    const tensor = new core.Tensor('float32', features.subarray(from * width, (from + rows) * width), [rows, width]);
    const given = core.session.run({ [core.input]: tensor }, core.output);
    if (core.columns === 1) probabilities.set(given, from);
    else for (let row = 0; row < rows; row++) probabilities[from + row] = given[row * 2 + 1] as number;
  }
}
