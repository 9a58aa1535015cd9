import { type ArtifactRef, isArtifactRef } from '../../ir/artifact.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../ir/json.ts';

const SIGNS: Readonly<Record<string, string>> = { eq: '=', ne: '≠', lt: '<', lte: '≤', gt: '>', gte: '≥' };

/** What people call an artifact: `flights v3`; null for one that has no name. */
export type ArtifactNames = (artifact: ArtifactRef) => string | null;

/** How a condition came out, as the interpreter recorded it: `0.741 ≥ 0.7 → true`. */
export function traceText(trace: JsonObject, names: ArtifactNames = () => null): string {
  return `${sideText(trace, (value) => valueText(value, names))} → ${trace.holds === true}`;
}

function sideText(trace: JsonObject, valueText: (value: JsonValue | undefined) => string): string {
  const inner = (operand: JsonObject): string => sideText(operand, valueText);
  switch (trace.kind) {
    case 'compare':
      return `${valueText(trace.left)} ${SIGNS[String(trace.op)] ?? trace.op} ${valueText(trace.right)}`;
    case 'and':
    case 'or':
      return operands(trace.operands).map(inner).join(` ${trace.kind} `);
    case 'not':
      return isJsonObject(trace.operand) ? `not (${inner(trace.operand)})` : 'not';
    case 'includes':
      return `${valueText(trace.collection)} includes ${valueText(trace.value)}`;
    case 'isNull':
      return `${valueText(trace.value)} is null`;
    default:
      return valueText(trace.value);
  }
}

function operands(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function valueText(value: JsonValue | undefined, names: ArtifactNames): string {
  if (isArtifactRef(value)) return `${names(value) ?? value.artifact} (${shortDigest(value)})`;
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
  const text = JSON.stringify(value ?? null);
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}

/** As much of a digest as tells two apart at a glance. */
function shortDigest({ digest }: ArtifactRef): string {
  const [algorithm = '', hex = ''] = digest.split(':');
  return hex === '' ? digest : `${algorithm}:${hex.slice(0, 12)}`;
}
