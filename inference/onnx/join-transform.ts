import { InferenceError } from '../inference-error.ts';
import { lowerTransform } from '../transform/lower-transform.ts';
import { inputTensors, type Transform } from '../transform/transform.ts';
import { addInts, addNode, valueInfo } from './graph-draft.ts';
import { modelOf, OPSETS } from './onnx-file.ts';
import type { OnnxModel } from './onnx-proto.ts';
import { prefixNames } from './prefix-names.ts';
import { describe, signatureOf, type TensorSpec } from './signature.ts';

/** What every model that Millrace serves gives. */
export const PROBABILITY: TensorSpec = { name: 'probability', type: 'float32', shape: ['rows'] };

/**
 * One graph out of two: raw columns → transform → features → core → `probability` float32 [rows].
 *
 * The core takes one float32 [rows, features] and gives, as its last output, float32 [rows], [rows, 1], or [rows, 2] with
 * the probability of the second class in the second column, as scikit-learn's classifiers do (zipmap off).
 *
 * @throws InferenceError `signature` when the core's input or output is another, naming both.
 */
export function joinTransform(transform: Transform, core: OnnxModel, name = 'The model'): OnnxModel {
  const { input, output } = coreValues(transform, core, name);
  if (inputTensors(transform).some((tensor) => tensor.name === PROBABILITY.name)) {
    const message = `The transform reads a column '${PROBABILITY.name}', which is the name of what a model gives: rename it.`;
    throw new InferenceError('signature', message);
  }
  const { draft, output: features } = lowerTransform(transform);
  const joined = modelOf(draft, {
    name: 'model',
    input: inputTensors(transform).map((tensor) => valueInfo(tensor.name, tensor.type, tensor.shape)),
    output: [valueInfo(PROBABILITY.name, PROBABILITY.type, PROBABILITY.shape)],
  });
  const graph = prefixNames(core.graph, 'core/', new Map([[input.name, features]]));
  joined.graph.node.push(...graph.node);
  joined.graph.initializer.push(...graph.initializer);
  if (graph.sparseInitializer) joined.graph.sparseInitializer = graph.sparseInitializer;
  if (graph.quantizationAnnotation) joined.graph.quantizationAnnotation = graph.quantizationAnnotation;
  if (core.functions) joined.functions = core.functions;
  joined.opsetImport = mergedOpsets(core, name);
  joined.irVersion = Math.max(joined.irVersion, core.irVersion);
  nameOutput(draft, `core/${output.name}`, output);
  return joined;
}

/** A core's one input and its last output, checked. */
export function coreValues(
  transform: Transform,
  core: OnnxModel,
  name: string,
): { readonly input: TensorSpec; readonly output: TensorSpec } {
  const signature = signatureOf(core, name);
  const width = transform.features.length;
  const [input] = signature.inputs;
  const output = signature.outputs.at(-1);
  const last = input?.shape[1];
  const fits =
    input?.type === 'float32' &&
    input.shape.length === 2 &&
    (typeof last === 'string' || last === -1 || last === width);
  if (!input || !output || signature.inputs.length !== 1 || !fits) {
    throw new InferenceError(
      'signature',
      `${name} takes ${describe(signature.inputs)}; the transform gives float32[rows,${width}].`,
    );
  }
  const columns = output.shape.length === 1 ? 1 : output.shape[1];
  if (
    output.type !== 'float32' ||
    output.shape.length > 2 ||
    typeof columns !== 'number' ||
    columns === 0 ||
    columns > 2
  ) {
    throw new InferenceError(
      'signature',
      `${name} gives ${describe([output])}; what is due is float32 [rows], [rows,1] or [rows,2].`,
    );
  }
  return { input, output };
}

function nameOutput(draft: Parameters<typeof addNode>[0], value: string, output: TensorSpec): void {
  const second =
    output.shape[1] === 2 ? addNode(draft, 'Gather', [value, addInts(draft, 1)], { axis: { int: 1 } }) : value;
  addNode(draft, 'Reshape', [second, addInts(draft, [-1])]);
  const last = draft.nodes.at(-1);
  if (last) last.output = [PROBABILITY.name];
}

function mergedOpsets(core: OnnxModel, name: string): OnnxModel['opsetImport'] {
  const versions = new Map<string, number>(Object.entries(OPSETS));
  for (const { domain = '', version } of core.opsetImport) {
    if (domain === '' && version < 13) {
      throw new InferenceError('signature', `${name} is of ONNX opset ${version}: export it with opset 13 or later.`);
    }
    // The nodes of the transform mean the same from opset 13 on, so the core's version decides.
    versions.set(domain, domain === '' ? version : Math.max(version, versions.get(domain) ?? 0));
  }
  return [...versions].map(([domain, version]) => ({ domain, version }));
}
