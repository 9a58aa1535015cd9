import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { rowsOf } from '../../support/flights-example.ts';
import type { EndedRun, Invariant } from '../ended-run.ts';

/** What `publishPredictions` put into the run's database is there once, and its ledger has a line for each task. */
export const effectsOnce: Invariant = {
  name: 'an idempotent effect comes about once',
  violationsIn: async (run) => {
    const database = join(run.folder, 'published.duckdb');
    const due = Object.fromEntries(publicationsOf(run));
    const is = existsSync(database) ? await publishedIn(database) : {};
    const names = [...new Set([...Object.keys(due), ...Object.keys(is)])];
    return names.flatMap((name) =>
      due[name] === is[name] ? [] : [`partition ${name} has ${is[name] ?? 'nothing'} in place of ${due[name]}`],
    );
  },
};

function publicationsOf({ detail }: EndedRun): readonly (readonly [string, string])[] {
  return detail.tasks.flatMap(({ step, status, output, path }) => {
    if (step !== 'publishPredictions' || status !== 'succeeded') return [];
    const { rows } = output as { readonly rows: number };
    return [[path, `${rows} rows, ${rows} ids, 1 line`] as const];
  });
}

async function publishedIn(database: string): Promise<Record<string, string>> {
  const rows = await rowsOf(
    `SELECT p."partition" AS name, count(*) AS rows, count(DISTINCT id) AS ids,
       (SELECT count(*) FROM stored.millrace_publication_history h WHERE h."partition" = p."partition") AS lines
     FROM stored.published p GROUP BY ALL`,
    database,
  );
  return Object.fromEntries(rows.map((row) => [row.name, `${row.rows} rows, ${row.ids} ids, ${row.lines} line`]));
}
