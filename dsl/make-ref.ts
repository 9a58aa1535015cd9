import type { Binding } from '../ir/binding.ts';
import { isJsonObject, type JsonSchema } from '../ir/json.ts';
import { ARTIFACT_KEYWORD } from './artifact-types.ts';
import { CompileError } from './compile-error.ts';
import { REF, type Ref, type RefState } from './ref.ts';

/** Makes the Ref that stands for a value. */
export function makeRef<T>(state: RefState): Ref<T> {
  return new Proxy({ [REF]: state }, TRAPS) as unknown as Ref<T>;
}

const COERCIONS: ReadonlySet<string | symbol> = new Set([
  'toString',
  'valueOf',
  'toJSON',
  'toLocaleString',
  Symbol.toPrimitive,
]);

const TRAPS: ProxyHandler<{ readonly [REF]: RefState }> = {
  get: (target, key) => {
    const state = target[REF];
    if (key === REF) return state;
    if (COERCIONS.has(key)) return () => refuseCoercion(state);
    if (key === Symbol.iterator) return refuseList(state);
    // Tools that look at a value ask for these: a Ref is no promise, and no object of a class.
    if (typeof key === 'symbol' || key === 'then' || key in Object.prototype) return undefined;
    return field(state, key);
  },
  ownKeys: (target) => {
    throw new CompileError(
      'coercion',
      `${capital(target[REF].title)} cannot be spread or listed while the pipeline is described, for it has no value ` +
        'yet. Name the fields that you need, one by one.',
    );
  },
  set: (target, key) => {
    throw new CompileError(
      'coercion',
      `${capital(target[REF].title)} cannot be changed (field '${String(key)}'). Make the new value in a step.`,
    );
  },
};

function refuseCoercion(state: RefState): never {
  throw new CompileError(
    'coercion',
    `${capital(state.title)} was used as a plain value, but it has none while the pipeline is described: it is made ` +
      'when the run gets there. To put it in text use format`…`, to compare it use eq, lt, gte and the like, to ' +
      'calculate with it give it to a step.',
  );
}

function refuseList(state: RefState): never {
  throw new CompileError(
    'coercion',
    `${capital(state.title)} cannot be gone through while the pipeline is described, for it has no items yet. Use ` +
      'fanOut to run tasks for each item, or count, min, max, all and any to make one value of them.',
  );
}

function field(state: RefState, name: string): Ref<unknown> {
  const schema = fieldSchema(state, name);
  const title = `field '${name}' of ${state.title}`;
  return makeRef({ binding: fieldBinding(state, name), origins: state.origins, title, schema });
}

function fieldBinding(state: RefState, name: string): Binding {
  const { binding } = state;
  if ('path' in binding && binding.kind !== 'aggregate') return { ...binding, path: [...binding.path, name] };
  throw unknownField(state, name, 'it is one value');
}

/** The shape of a field, null when the shape of the whole is not known. */
function fieldSchema(state: RefState, name: string): JsonSchema | null {
  const { schema } = state;
  if (!schema || typeof schema.type !== 'string') return null;
  if (schema.type === 'array') return refuseList(state);
  if (ARTIFACT_KEYWORD in schema) throw unknownField(state, name, 'it is an artifact, which steps open');
  if (schema.type !== 'object') throw unknownField(state, name, `it is a ${schema.type}`);
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  if (Object.hasOwn(properties, name)) return asSchema(properties[name]);
  if (schema.additionalProperties !== undefined && schema.additionalProperties !== false) {
    return asSchema(schema.additionalProperties);
  }
  const known = Object.keys(properties).map((key) => `'${key}'`);
  throw unknownField(state, name, known.length > 0 ? `it has ${known.join(', ')}` : 'it has no fields');
}

function asSchema(schema: unknown): JsonSchema | null {
  return isJsonObject(schema) ? schema : null;
}

function unknownField(state: RefState, name: string, instead: string): CompileError {
  return new CompileError('unknownField', `${capital(state.title)} has no field '${name}': ${instead}.`);
}

function capital(title: string): string {
  return title.charAt(0).toUpperCase() + title.slice(1);
}
