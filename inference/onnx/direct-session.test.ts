import { Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { linearModelToOnnx } from '../models/linear-model.ts';
import type { Transform } from '../transform/transform.ts';
import { openDirectSession } from './direct-session.ts';
import { encodeModel } from './onnx-file.ts';
import { floatsOf, openSession } from './session.ts';

const transform: Transform = {
  transform: 1,
  features: [{ op: 'calendar', name: 'hour', column: 'date', part: 'hour', cardinality: 24 }],
};
const weights = [Float32Array.from({ length: 24 }, (_, hour) => Math.sin(hour))];
const model = encodeModel(linearModelToOnnx({ bias: 0.5, weights }, transform));

describe('openDirectSession', () => {
  it('gives what the public session gives', async () => {
    const features = new Tensor('float32', Float32Array.of(0, 7, 23), [3, 1]);
    const slow = await openSession(model);
    const fast = openDirectSession(model);
    expect([...fast.run({ features }, 'probability')]).toEqual([
      ...floatsOf(await slow.run({ features }, ['probability']), 'probability'),
    ]);
    fast.close();
    await slow.release();
  });

  it('says why a model cannot be loaded', () => {
    expect(() => openDirectSession(Uint8Array.of(1, 2, 3))).toThrow(/cannot be loaded by ONNX Runtime: /);
  });
});
