import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isRef, type Ref } from './index.ts';
import { makeRef } from './make-ref.ts';
import { compileSmall, increment, refusalOf } from './testing/small-pipelines.ts';

/** A Ref to the output of a task. */
function output(): Ref<{ value: number; tags: string[] }> {
  let ref: Ref<{ value: number; tags: string[] }> | undefined;
  compileSmall(() => {
    ref = increment({ value: 1 });
  });
  return ref as Ref<{ value: number; tags: string[] }>;
}

describe('a Ref', () => {
  const ref = output();

  it.each<[string, (value: Ref<number>) => unknown]>([
    ['text', (value) => `${value}`],
    ['a sum', (value) => Number(value) + 1],
    ['a comparison', (value) => (value as unknown as number) > 1],
    ['JSON', (value) => JSON.stringify({ value })],
    ['String()', (value) => String(value)],
  ])('is refused as %s, with the task and the cure', (_, coerce) => {
    const { code, message } = refusalOf(() => coerce(ref.value));
    expect(code).toBe('coercion');
    expect(message).toContain("Field 'value' of the output of task 'increment' was used as a plain value");
    expect(message).toContain('To put it in text use format`…`, to compare it use eq, lt, gte and the like');
  });

  it.each<[string, (value: Ref<string[]>) => unknown]>([
    ['for … of', (value) => [...(value as unknown as string[])]],
    ['map', (value) => (value as unknown as string[]).map((tag) => tag)],
    ['an index', (value) => (value as unknown as string[])[0]],
  ])('to a list is refused in %s, with the cure', (_, use) => {
    expect(refusalOf(() => use(ref.tags)).message).toContain('Use fanOut to run tasks for each item, or count, min');
  });

  it('knows the fields of what it stands for', () => {
    const loose = ref as unknown as Record<string, Record<string, unknown>>;
    expect(refusalOf(() => loose.auc).message).toBe(
      "The output of task 'increment' has no field 'auc': it has 'value', 'tags'.",
    );
    expect(refusalOf(() => loose.value?.size).message).toContain("has no field 'size': it is a number");
  });

  it('cannot be spread or changed', () => {
    expect(refusalOf(() => ({ ...ref })).message).toContain('Name the fields that you need');
    expect(refusalOf(() => Object.assign(ref, { value: 1 })).message).toContain('cannot be changed');
  });

  it('is no promise, and can be looked at by tools', () => {
    expect((ref as unknown as PromiseLike<unknown>).then).toBeUndefined();
    expect(inspect(ref)).toContain('millrace.ref');
    expect(isRef(ref)).toBe(true);
    expect([isRef(null), isRef(1), isRef({})]).toEqual([false, false, false]);
  });

  it('has the fields of records and of shapes that are not known, and those of one value not', () => {
    const state = { origins: [], title: 'a value' };
    const record = makeRef<Record<string, { n: number }>>({
      ...state,
      binding: { kind: 'param', path: [] },
      schema: { type: 'object', additionalProperties: { type: 'object', properties: { n: {} } } },
    });
    expect(isRef(record.any?.n)).toBe(true);
    const bare = makeRef<{ x: number }>({ ...state, binding: { kind: 'param', path: [] }, schema: { type: 'object' } });
    expect(refusalOf(() => bare.x).message).toBe("A value has no field 'x': it has no fields.");
    const text = makeRef<{ x: number }>({ ...state, binding: { kind: 'run', field: 'id' }, schema: null });
    expect(refusalOf(() => text.x).message).toBe("A value has no field 'x': it is one value.");
    const open = makeRef<{ x: number }>({
      ...state,
      binding: { kind: 'param', path: [] },
      schema: { type: 'object', additionalProperties: true },
    });
    expect(isRef(open.x)).toBe(true);
    const artifact = makeRef<{ uri: string }>({
      ...state,
      binding: { kind: 'param', path: [] },
      schema: { type: 'object', 'x-artifact': 'model', properties: { uri: {} } },
    });
    expect(refusalOf(() => artifact.uri).message).toContain('it is an artifact, which steps open');
  });
});
