import { isDeepStrictEqual } from 'node:util';
import type { RunDetail } from '../../../server/client.ts';
import { outputDigests, statuses } from '../../support/run-facts.ts';
import type { Invariant } from '../ended-run.ts';

/** The run, its tasks and their artifacts are what they would have been. */
export const sameEnd: Invariant = {
  name: 'a run ends as it would have',
  violationsIn: ({ detail, undisturbed }) => {
    const [is, due] = [endOf(detail), endOf(undisturbed)];
    return Object.keys(due).flatMap((what) => {
      const key = what as keyof typeof due;
      if (isDeepStrictEqual(is[key], due[key])) return [];
      return `${what} ${differences(is[key], due[key])}; the run's error: ${detail.run.error}`;
    });
  },
};

function endOf(detail: RunDetail) {
  const { status, output } = detail.run;
  const external = new Set(detail.tasks.filter(({ step }) => step === 'mail').map(({ path }) => path));
  // Which of two twins makes the result, and which takes it, is nobody's promise.
  const tasks = Object.entries(statuses(detail)).map(([path, end]) => [
    path,
    // What has external effects may fail of its worker's loss, which its run allows for.
    end === 'cached' || end === 'reused' || external.has(path) ? 'succeeded' : end,
  ]);
  const unfinished = detail.tasks.filter(({ endedAt }) => endedAt === null).map(({ path }) => path);
  return { status, output, tasks: Object.fromEntries(tasks), artifacts: outputDigests(detail), unfinished };
}

function differences(is: unknown, due: unknown): string {
  if (!isRecord(is) || !isRecord(due)) return `${JSON.stringify(is)} in place of ${JSON.stringify(due)}`;
  const keys = [...new Set([...Object.keys(is), ...Object.keys(due)])];
  const other = keys.filter((key) => !isDeepStrictEqual(is[key], due[key]));
  return other.map((key) => `${key}: ${JSON.stringify(is[key])} in place of ${JSON.stringify(due[key])}`).join(', ');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
