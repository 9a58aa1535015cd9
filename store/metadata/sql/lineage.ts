import type { CompiledQuery } from 'kysely';
import { type ArtifactRef, artifactsIn } from '../../../ir/artifact.ts';
import type { Transition } from '../../../ir/protocol/transition.ts';
import type { LineageEdge } from '../task-table.ts';
import type { ArtifactRow, LineageRow } from './database.ts';
import { toColumn } from './json-column.ts';
import { chunksOf } from './row-chunks.ts';
import type { SqlSession } from './sql-session.ts';

/**
 * Rows and edges for the artifacts that transitions speak of. Edges are only ever added: what a task was given or gave
 * stays true whatever is told of it later.
 */
export function recordLineage(
  { db, project }: SqlSession,
  runId: string,
  transitions: readonly Transition[],
): readonly CompiledQuery[] {
  const artifacts = new Map<string, ArtifactRow>();
  const edges = new Map<string, LineageRow>();
  for (const { path, input, output } of transitions) {
    for (const [direction, value] of [
      ['input', input],
      ['output', output],
    ] as const) {
      for (const ref of artifactsIn(value)) {
        artifacts.set(`${ref.digest} ${ref.artifact}`, artifactRow(project, ref));
        edges.set(`${ref.digest} ${direction} ${path}`, {
          project,
          run_id: runId,
          path,
          direction,
          digest: ref.digest,
        });
      }
    }
  }
  return [
    ...chunksOf([...artifacts.values()]).map((rows) =>
      db
        .insertInto('artifacts')
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .compile(),
    ),
    ...chunksOf([...edges.values()]).map((rows) =>
      db
        .insertInto('lineage')
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .compile(),
    ),
  ];
}

export async function lineage(
  { db, project }: SqlSession,
  filter: { runId: string } | { digest: string },
): Promise<readonly LineageEdge[]> {
  const inProject = db.selectFrom('lineage').where('project', '=', project);
  const query =
    'runId' in filter ? inProject.where('run_id', '=', filter.runId) : inProject.where('digest', '=', filter.digest);
  const rows = await query
    .selectAll()
    .orderBy('run_id')
    .orderBy('path')
    .orderBy('direction')
    .orderBy('digest')
    .execute();
  return rows.map(({ run_id, path, direction, digest }) => ({ runId: run_id, path, direction, digest }));
}

function artifactRow(project: string, ref: ArtifactRef): ArtifactRow {
  return {
    project,
    digest: ref.digest,
    kind: ref.artifact,
    uri: ref.uri,
    size: ref.size,
    metadata: toColumn(ref.metadata),
    created_at: Date.now(),
  };
}
