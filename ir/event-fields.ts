import type { Path } from './binding.ts';
import type { Condition } from './condition.ts';
import type { EventFacts } from './event-facts.ts';
import { isJsonObject, type JsonSchema } from './json.ts';
import { nearestName } from './nearest-name.ts';
import type { TriggerSource } from './trigger.ts';

type Fields<Kind extends EventFacts['kind']> = readonly Exclude<
  keyof Extract<EventFacts, { readonly kind: Kind }>,
  'kind'
>[];

/** What conditions may test of an event, and parameters be given: the facts of its kind. */
const FIELDS: { readonly [Kind in TriggerSource['kind']]: Fields<Kind> } = {
  runEnded: [
    ...(['run', 'pipeline', 'version', 'status', 'error'] as const),
    ...(['partition', 'logicalTime', 'schedule', 'backfill'] as const),
  ],
  artifactPublished: [
    ...(['run', 'pipeline', 'task', 'step', 'artifact', 'digest'] as const),
    ...(['uri', 'partition', 'logicalTime'] as const),
  ],
  versionAdded: ['model', 'version', 'run', 'by'],
  aliasMoved: ['model', 'alias', 'from', 'to', 'run', 'by', 'reason'],
  partitionArrived: ['trigger', 'pipeline', 'partition', 'path', 'files', 'rows', 'logicalTime'],
  metricCrossed: [
    ...(['trigger', 'run', 'pipeline', 'task', 'metric'] as const),
    ...(['value', 'limit', 'side', 'partition'] as const),
  ],
  stale: ['trigger', 'pipeline', 'published', 'run'],
  webhook: ['trigger', 'delivery', 'body'],
};

export function fieldsOf(kind: TriggerSource['kind']): readonly string[] {
  return FIELDS[kind];
}

/** Why a path leads nowhere in an event of the source, a sentence without its subject; null where it may lead somewhere. */
export function fieldBreak(on: TriggerSource, path: Path): string | null {
  const { kind } = on;
  const [field, ...inner] = path;
  const text = ['event', ...path].join('.');
  if (!fieldsOf(kind).includes(String(field))) {
    const near = nearestName(String(field), fieldsOf(kind));
    const known = near === null ? `it has ${fieldsOf(kind).join(', ')}` : `did you mean event.${near}?`;
    return `names ${text}, which an event ${kind} does not have; ${known}`;
  }
  if (kind === 'webhook' && field === 'body') return bodyBreak(on.body, inner, text);
  return inner.length === 0 ? null : `names ${text}, and event.${String(field)} has no parts`;
}

/** A body of no schema may have any part; one of a schema those that it names, unless it lets in others. */
function bodyBreak(schema: JsonSchema | null, path: Path, text: string): string | null {
  const [part, ...inner] = path;
  const properties = schema?.properties;
  if (part === undefined || !isJsonObject(properties)) return null;
  const found = properties[part];
  if (isJsonObject(found)) return bodyBreak(found, inner, text);
  const { additionalProperties = false } = schema ?? {};
  if (additionalProperties !== false) return null;
  const near = nearestName(String(part), Object.keys(properties));
  const known = near === null ? `it has ${Object.keys(properties).join(', ')}` : `did you mean ${near}?`;
  return `names ${text}, which the body does not have; ${known}`;
}

/** All that a condition tests of an event. */
export function fieldsIn(condition: Condition): readonly Path[] {
  switch (condition.kind) {
    case 'compare':
      return [condition.left, condition.right].flatMap(pathOf);
    case 'and':
    case 'or':
      return condition.operands.flatMap(fieldsIn);
    case 'not':
      return fieldsIn(condition.operand);
    case 'includes':
      return [condition.collection, condition.value].flatMap(pathOf);
    case 'isNull':
    case 'isTrue':
      return pathOf(condition.value);
  }
}

type Operand = Extract<Condition, { kind: 'compare' }>['left'];

/** Of a literal none. @throws RangeError for a binding that only a pipeline has, which no text gives but JSON may */
function pathOf(binding: Operand): readonly Path[] {
  if (binding.kind === 'param') return [binding.path];
  if (binding.kind === 'literal') return [];
  throw new RangeError(
    `has a value of the kind ${binding.kind}, which stands in pipelines only; take param or literal`,
  );
}
