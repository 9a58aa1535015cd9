import { addInts, addNode, createDraft, type GraphDraft } from '../onnx/graph-draft.ts';
import type { Feature } from './feature.ts';
import { operatorOf } from './operators.ts';
import type { Transform } from './transform.ts';

/** The ONNX form of a transform: nodes from the raw columns to `output`, float32 [rows, features]. */
export function lowerTransform(transform: Transform): { readonly draft: GraphDraft; readonly output: string } {
  const draft = createDraft('transform/');
  const lowered = new Map<string, { value: string; feature: Feature }>();
  const columns = transform.features.map((feature) => {
    const value = operatorOf(feature).lower(feature, draft, {
      input: (column) => column,
      feature(name) {
        const found = lowered.get(name);
        if (!found) throw new TypeError(`Feature '${feature.name}' reads '${name}', which is not before it.`);
        return found;
      },
    });
    lowered.set(feature.name, { value, feature });
    return addNode(draft, 'Unsqueeze', [value, addInts(draft, [1])]);
  });
  return { draft, output: addNode(draft, 'Concat', columns, { axis: { int: 1 } }) };
}
