import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../ir/json.ts';
import { pipelineSchema } from '../ir/schema.ts';
import { compilePipeline } from './compile.ts';
import controlFlow from './golden/control-flow.ts';
import flightDelays from './golden/flight-delays.ts';

/* `UPDATE_GOLDEN=1 npx vitest run dsl/golden.test.ts` writes the files anew; read the difference before it is kept. */

describe.each([flightDelays, controlFlow])('$options.name', (pipeline) => {
  const file = new URL(`./golden/${pipeline.options.name}.golden.json`, import.meta.url);
  const ir = compilePipeline(pipeline);

  it('compiles to its golden file', () => {
    const text = `${JSON.stringify(JSON.parse(canonicalJson(ir)), null, 2)}\n`;
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
    expect(text).toBe(readFileSync(file, 'utf8'));
  });

  it('compiles to the same bytes twice', () => {
    expect(canonicalJson(compilePipeline(pipeline))).toBe(canonicalJson(ir));
  });

  it('is read back as it was written', () => {
    const text = canonicalJson(ir);
    expect(canonicalJson(pipelineSchema.parse(JSON.parse(text)))).toBe(text);
  });
});
