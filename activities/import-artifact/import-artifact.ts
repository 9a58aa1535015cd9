import { defineBuiltinStep } from '../../dsl/builtin-step.ts';
import { importArtifactDescription } from '../../dsl/import-artifact.ts';
import type { TaskContext } from '../../dsl/task-context.ts';
import type { ArtifactKind, ArtifactRef } from '../../ir/artifact.ts';
import type { JsonObject } from '../../ir/json.ts';
import { writeTable } from '../write-table.ts';
import { importModel, modelFileMetadata } from './import-model.ts';
import { importTable } from './import-table.ts';
import { copySource, sourcePath } from './source-path.ts';

/** The code behind `importArtifact` of the DSL, which pipelines call. */
export const importArtifactStep = defineBuiltinStep({
  ...importArtifactDescription,
  sources: [...importArtifactDescription.sources],
}).implement(async ({ input, task }) => {
  const source = await sourcePath(input.uri);
  const { metadata, ...reference } = await importAs(input.artifact, source, input.schema ?? null, task);
  return { artifact: { ...reference, metadata: structuredClone(metadata) as Record<string, never> } };
});

async function importAs(
  kind: ArtifactKind,
  source: string,
  schema: JsonObject | null,
  task: TaskContext,
): Promise<ArtifactRef> {
  if (kind === 'dataset' || kind === 'predictions') {
    const { table, written } = await writeTable(task, kind, (path) => importTable(source, path, schema));
    task.log.info(`${written.rows} rows imported from ${source}.`);
    return table;
  }
  if (kind === 'model') return task.write(kind, (path) => importModel(source, path), await modelFileMetadata(source));
  return task.write(kind, (path) => copySource(source, path));
}
