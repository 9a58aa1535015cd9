import { contractBreaks } from '../../ir/contract-breaks.ts';
import type { JsonSchema, JsonValue } from '../../ir/json.ts';
import { readBySchema } from '../../ir/read-by-schema.ts';

/**
 * A check by JSON Schema for steps whose code is not TypeScript. It gives the value with defaults filled in.
 *
 * @throws TypeError with places and what is wrong there, and no text of the value's.
 */
export function schemaCheck(schema: JsonSchema): (value: unknown) => unknown {
  return (given) => {
    // What a command is given and what it gives back is JSON: the one is a task's input, the other was parsed.
    const { value, faults } = readBySchema(schema, given as JsonValue);
    if (faults.length > 0) throw new TypeError(contractBreaks(faults));
    return value;
  };
}
