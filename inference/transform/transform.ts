import { readFile } from 'node:fs/promises';
import type { ColumnKind, ColumnKinds } from '../../data/index.ts';
import { InferenceError } from '../inference-error.ts';
import type { TensorSpec } from '../onnx/signature.ts';
import type { ElementType } from '../onnx/tensor-type.ts';
import type { Feature } from './feature.ts';
import { operatorOf } from './operators.ts';

const TENSOR_TYPES: Readonly<Record<ColumnKind, ElementType>> = { number: 'float32', time: 'int64', text: 'string' };

/** A fitted transform: raw columns in, a float32 matrix [rows, features] out. Plain JSON. */
export interface Transform {
  readonly transform: 1;
  /** In the order of the matrix's columns. */
  readonly features: readonly Feature[];
}

/** The raw columns that a transform reads, in the order in which its features name them. */
export function inputsOf(transform: Transform): ColumnKinds {
  const inputs: Record<string, ColumnKind> = {};
  for (const feature of transform.features) Object.assign(inputs, operatorOf(feature).inputs(feature));
  return inputs;
}

/** The same as inputs of a model: each [rows]; a time is int64 microseconds since 1970-01-01 UTC. */
export function inputTensors(transform: Transform): readonly TensorSpec[] {
  const inputs = Object.entries(inputsOf(transform));
  return inputs.map(([name, kind]) => ({ name, type: TENSOR_TYPES[kind], shape: ['rows'] }));
}

/** @throws InferenceError `transform` when the file is missing or is no transform of this version. */
export async function readTransform(path: string): Promise<Transform> {
  const parsed: unknown = await readFile(path, 'utf8')
    .then((text): unknown => JSON.parse(text))
    .catch(() => null);
  if (typeof parsed === 'object' && parsed !== null && 'transform' in parsed && parsed.transform === 1) {
    return parsed as Transform;
  }
  throw new InferenceError('transform', `${path} is not a transform: give what the step fitTransform wrote.`);
}
