import type { EndedRun, Invariant } from '../ended-run.ts';

/** What an attempt had to say after the next had begun was not taken. */
export const zombiesMovedNothing: Invariant = {
  name: 'a replaced attempt moves nothing',
  violationsIn: (run) => [...withoutEnd(run), ...recordedByZombies(run), ...takenFromAnother(run)],
};

function withoutEnd({ attempts }: EndedRun): readonly string[] {
  const open = attempts.filter(({ status, endedAt }) => status === 'running' || endedAt === null);
  return open.map(({ path, attempt }) => `attempt ${attempt} of ${path} has no end`);
}

/** The next attempt closed it as lost before its own handler began; a zombie's own word would stand there instead. */
function recordedByZombies({ attempts, zombies }: EndedRun): readonly string[] {
  return zombies.flatMap(({ path, attempt }) => {
    const row = attempts.find((other) => other.path === path && other.attempt === attempt);
    if (row?.status === 'failed' && row.failure?.name === 'AttemptLost') return [];
    return [`attempt ${attempt} of ${path}, a zombie, was recorded as ${row?.status}: ${row?.failure?.message}`];
  });
}

/** Handlers say in their outputs which attempt they are; what was taken over from another run has none here. */
function takenFromAnother({ detail }: EndedRun): readonly string[] {
  return detail.tasks.flatMap(({ path, status, output }) => {
    if (status !== 'succeeded' || typeof output !== 'object' || output === null || !('attempt' in output)) return [];
    const good = detail.attempts.filter((row) => row.path === path && row.status === 'succeeded');
    const last = Math.max(...good.map(({ attempt }) => attempt));
    return output.attempt === last ? [] : [`${path} has the output of attempt ${output.attempt}, not of ${last}`];
  });
}
