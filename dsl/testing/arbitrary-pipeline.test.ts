import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOfJson } from '../../ir/digest.ts';
import { canonicalJson } from '../../ir/json.ts';
import { pipelineSchema } from '../../ir/schema.ts';
import { compile } from '../compile.ts';
import { arbitraryPipeline } from './arbitrary-pipeline.ts';

describe('any pipeline', () => {
  it('is read back from its JSON with the same digest, and compiles to it again', () => {
    fc.assert(
      fc.property(arbitraryPipeline, ({ pipeline }) => {
        const { ir } = compile(pipeline);
        const read = pipelineSchema.parse(JSON.parse(canonicalJson(ir)));
        expect(digestOfJson(read)).toBe(digestOfJson(ir));
        expect(digestOfJson(compile(pipeline).ir)).toBe(digestOfJson(ir));
      }),
      { numRuns: 100 },
    );
  });

  it('knows each step that its tasks name', () => {
    fc.assert(
      fc.property(arbitraryPipeline, ({ pipeline }) => {
        const { ir, steps } = compile(pipeline);
        expect([...steps.keys()].sort()).toEqual(Object.keys(ir.steps));
        for (const [, name] of canonicalJson(ir).matchAll(/"step":"(\w+)"/g))
          expect(ir.steps).toHaveProperty(name ?? '');
      }),
      { numRuns: 30 },
    );
  });
});
