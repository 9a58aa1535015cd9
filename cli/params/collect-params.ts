import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isJsonObject, type JsonObject, type JsonSchema, type JsonValue } from '../../ir/json.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { parseAssignments } from './assignments.ts';
import { typedValue } from './typed-value.ts';

/** What a person gave: a file of parameters, and single ones, which win over the file's. */
export interface GivenParams {
  readonly assignments: readonly string[];
  readonly file: string | undefined;
}

/**
 * The parameters to submit. Those whose schema has the format `path` are made absolute, for workers run in another
 * folder: what was typed from the working folder, a default from the pipeline file's.
 */
export async function collectParams(
  schema: JsonSchema,
  given: GivenParams,
  pipelineFolder: string,
): Promise<JsonObject> {
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const definitions = isJsonObject(schema.$defs) ? schema.$defs : {};
  const params: Record<string, JsonValue> = given.file === undefined ? {} : { ...(await readParamsFile(given.file)) };
  for (const [name, text] of parseAssignments(given.assignments)) {
    const property = properties[name];
    params[name] = isJsonObject(property) ? typedValue(text, property, definitions) : text;
  }
  for (const [name, property] of Object.entries(properties)) {
    if (!isJsonObject(property) || property.format !== 'path') continue;
    const value = params[name];
    if (typeof value === 'string') params[name] = absolute(value, process.cwd());
    else if (value === undefined && typeof property.default === 'string') {
      params[name] = absolute(property.default, pipelineFolder);
    }
  }
  return params;
}

/** URIs (`s3://…`, `https://…`) name a place already. */
function absolute(value: string, folder: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : resolve(folder, value);
}

/** JSON or YAML, by the file's ending. */
async function readParamsFile(file: string): Promise<JsonObject> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw unreadable(file, error);
  });
  const value = await parseDocument(file, text);
  if (isJsonObject(value)) return value;
  throw new CliError(EXIT.badInput, `${file} has to hold an object: parameter names and their values.`, {
    next: 'For instance, in YAML: `rows: 1000`; in JSON: `{"rows": 1000}`.',
  });
}

function unreadable(file: string, cause: unknown): CliError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  if (code === 'ENOENT') {
    return new CliError(EXIT.badInput, `There is no parameter file ${file}.`, {
      next: 'Name a JSON or YAML file, or give parameters as name=value.',
      cause,
    });
  }
  const why =
    code === 'EISDIR'
      ? 'it is a folder'
      : code === 'EACCES'
        ? 'you have no permission to'
        : cause instanceof Error
          ? cause.message
          : String(cause);
  return new CliError(EXIT.badInput, `The parameter file ${file} cannot be read: ${why}.`, { cause });
}

function isYaml(file: string): boolean {
  return /\.ya?ml$/.test(file);
}

async function parseDocument(file: string, text: string): Promise<unknown> {
  try {
    if (isYaml(file)) return (await import('yaml')).parse(text);
    return JSON.parse(text);
  } catch (error) {
    const format = isYaml(file) ? 'YAML' : 'JSON';
    const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0]?.replace(/:$/, '');
    throw new CliError(EXIT.badInput, `${file} is no ${format}: ${reason}.`, { cause: error });
  }
}
