import { isArtifactRef } from '../../ir/artifact.ts';
import { isJsonObject, type JsonValue } from '../../ir/json.ts';

const LONGEST = 120;
/** What a pipeline passes as an input may be no secret of Millrace's and one all the same. */
const SECRET_NAME = /passw|passphrase|secret|token|api.?key|credential|authori[sz]ation|signature/i;
const USER_INFO = /:\/\/[^/@\s"]+@/g;
const SIGNED = /([?&](?:sig|[\w-]*(?:signature|token|credential|key))=)[^&\s"]+/gi;

/** A field of an input as it may be printed: an artifact by its digest, others as JSON, cut. Null where it is not there. */
export function shownValue(name: string, input: JsonValue): string | null {
  const value = isJsonObject(input) ? input[name] : undefined;
  if (value === undefined) return null;
  if (SECRET_NAME.test(name)) return '(masked)';
  if (isArtifactRef(value)) return `${value.artifact} ${value.digest}`;
  const text = JSON.stringify(value, (key, part) => (SECRET_NAME.test(key) ? '(masked)' : part))
    .replaceAll(USER_INFO, '://(masked)@')
    .replaceAll(SIGNED, '$1(masked)');
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}
