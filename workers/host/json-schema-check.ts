import { Ajv2020 } from 'ajv/dist/2020.js';
import type { JsonSchema } from '../../ir/json.ts';
import { breakAt, contractBreaks } from './contract-breaks.ts';

/** Formats and keywords of our own are for people and pages; shapes and ranges are what is checked here. */
const OPTIONS = { strict: false, validateFormats: false, allErrors: true, useDefaults: true, logger: false } as const;

/**
 * A check by JSON Schema for steps whose code is not TypeScript. It gives a copy with defaults filled in.
 *
 * @throws TypeError with places and what is wrong there, and never the value itself.
 */
export function schemaCheck(schema: JsonSchema): (value: unknown) => unknown {
  const ajv = new Ajv2020(OPTIONS);
  const validate = ajv.compile(schema);
  return (value) => {
    const copy: unknown = structuredClone(value);
    if (validate(copy)) return copy;
    const found = (validate.errors ?? []).map((error) => breakAt(error.instancePath, error.message ?? 'is not valid'));
    throw new TypeError(contractBreaks(found));
  };
}
