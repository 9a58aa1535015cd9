import { nearestName } from '../../ir/nearest-name.ts';
import type { RunDetail } from '../../server/client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { byPath } from '../output/by-path.ts';

/** Most paths in a message; a fan-out has thousands. */
const MOST_PATHS = 20;

/** That a run has no task (or approval) of a path: with those that may have been meant, or all where none is like it. */
export function noSuchTask({ run, tasks }: RunDetail, path: string, kind: 'task' | 'approval'): CliError {
  const paths = byPath(tasks.filter((task) => task.kind === kind)).map((task) => task.path);
  const scope = tasks.find((task) => task.path === path);
  const inner = paths.filter((each) => each.startsWith(path) && /^[[/#]/.test(each.slice(path.length)));
  const said = scope
    ? `'${path}' of run ${run.id} is no ${kind} (${scope.kind}).`
    : `Run ${run.id} has no ${kind} '${path}'.`;
  const close = inner.length > 0 ? inner : like(path, paths);
  const next =
    close.length > 0
      ? `Did you mean ${listed(close, run.id, ' or ')}?`
      : paths.length > 0
        ? `It has ${listed(paths, run.id, ', ')}.`
        : `It has no ${kind} at all${run.endedAt === null ? ' so far' : ''}: see \`millrace runs get ${run.id}\`.`;
  return new CliError(EXIT.badInput, said, { next });
}

function like(path: string, paths: readonly string[]): readonly string[] {
  const near = nearestName(path, paths);
  if (near !== null) return [near];
  const name = path.slice(path.lastIndexOf('/') + 1);
  return paths.filter((each) => each.endsWith(`/${name}`) || each.includes(path));
}

function listed(paths: readonly string[], run: string, separator: string): string {
  const more = paths.length - MOST_PATHS;
  const rest = more > 0 ? ` … and ${more} more (\`millrace runs get ${run}\`)` : '';
  return paths.slice(0, MOST_PATHS).join(separator) + rest;
}
