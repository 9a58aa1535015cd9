import { isJsonObject, type JsonObject, type JsonValue } from '../../ir/json.ts';

/** A tensor that a served model takes, as Open Inference Protocol describes it; -1 is a dimension of any size. */
interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

/** A request that works, and what it was answered: `curl … ` and `{"score": …}`. Null when serving does not answer. */
export async function inferLine(
  url: string,
  endpoint: string,
  row: JsonObject,
): Promise<{ curl: string; answer: string } | null> {
  const base = `${url}/v2/models/${endpoint}`;
  const metadata: unknown = await fetch(base)
    .then((response) => response.json())
    .catch(() => null);
  if (!isJsonObject(metadata) || !Array.isArray(metadata.inputs)) return null;
  const parameters = isJsonObject(metadata.parameters) ? metadata.parameters : {};
  const example = isJsonObject(parameters.example) ? parameters.example : row;
  const body = JSON.stringify({
    inputs: (metadata.inputs as readonly TensorMetadata[]).map((input) => oneRow(input, example)),
  });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${base}/infer`, { method: 'POST', headers, body }).catch(() => null);
  if (response?.ok !== true) return null;
  const curl = `curl -s ${base}/infer -H 'content-type: application/json' -d '${body.replaceAll("'", "'\\''")}'`;
  return { curl, answer: outputsText((await response.json()) as JsonObject) };
}

/** A row to ask for, with zeros and empty text where it says nothing. */
function oneRow({ name, datatype, shape }: TensorMetadata, example: JsonObject): JsonObject {
  const value = example[name] ?? (datatype === 'BYTES' ? '' : datatype === 'BOOL' ? false : 0);
  const row = shape.map((size) => Math.max(size, 1));
  return { name, datatype, shape: row, data: Array.isArray(value) ? value : [value] };
}

function outputsText({ outputs }: JsonObject): string {
  if (!Array.isArray(outputs)) return '';
  const named = outputs.filter(isJsonObject).map(({ name, data }): [string, JsonValue] => [String(name), data ?? null]);
  return JSON.stringify(Object.fromEntries(named));
}
