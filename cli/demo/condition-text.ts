import { isJsonObject, type JsonObject, type JsonValue } from '../../ir/json.ts';

const SIGNS: Readonly<Record<string, string>> = { eq: '=', ne: '≠', lt: '<', lte: '≤', gt: '>', gte: '≥' };

/** How a condition came out, as the interpreter recorded it: `0.741 ≥ 0.7 → true`. */
export function conditionText(trace: JsonObject): string {
  return `${sideText(trace)} → ${trace.holds === true}`;
}

function sideText(trace: JsonObject): string {
  switch (trace.kind) {
    case 'compare':
      return `${valueText(trace.left)} ${SIGNS[String(trace.op)] ?? trace.op} ${valueText(trace.right)}`;
    case 'and':
    case 'or':
      return operands(trace.operands).map(sideText).join(` ${trace.kind} `);
    case 'not':
      return isJsonObject(trace.operand) ? `not (${sideText(trace.operand)})` : 'not';
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

function valueText(value: JsonValue | undefined): string {
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
  const text = JSON.stringify(value ?? null);
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}
