import { readFileSync, writeFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { PipelineIR } from './pipeline-ir.ts';
import { pipelineJsonSchema, pipelineSchema } from './schema.ts';

/* `UPDATE_GOLDEN=1 npx vitest run ir/schema.test.ts` writes the published schema anew. */

const published = new URL('../docs/ir.schema.json', import.meta.url);
const GOLDEN = ['control-flow', 'flight-delays'];

function golden(name: string): PipelineIR {
  return JSON.parse(readFileSync(new URL(`../dsl/golden/${name}.golden.json`, import.meta.url), 'utf8'));
}

describe('the published JSON Schema', () => {
  const schema = pipelineJsonSchema();

  it('is current', () => {
    const text = `${JSON.stringify(schema, null, 2)}\n`;
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(published, text);
    expect(readFileSync(published, 'utf8')).toBe(text);
  });

  it.each(GOLDEN)('takes the compiled pipeline %s', (name) => {
    const validate = new Ajv2020({ strict: false }).compile(schema);
    expect(validate(golden(name)), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...golden(name), irVersion: 2 })).toBe(false);
  });
});

describe('pipelineSchema', () => {
  it.each<[string, (ir: PipelineIR) => unknown]>([
    ['an unknown key', (ir) => ({ ...ir, extra: 1 })],
    ['another version', (ir) => ({ ...ir, irVersion: 2 })],
    [
      'a node of unknown kind',
      (ir) => ({ ...ir, body: { nodes: [{ kind: 'goto', name: 'a', after: [] }], output: null } }),
    ],
    ['a name with a slash', (ir) => ({ ...ir, name: 'a/b' })],
    ['a missing part', ({ steps: _, ...ir }) => ir],
  ])('refuses %s', (_, change) => {
    expect(pipelineSchema.safeParse(golden('flight-delays')).success).toBe(true);
    expect(pipelineSchema.safeParse(change(golden('flight-delays'))).success).toBe(false);
  });
});
