import { replicaPath } from '../../../ir/protocol/gang.ts';
import type { EndedRun, Invariant } from '../ended-run.ts';

/** Replicas begin together, each knowing the same of the others, and what one of them gave counts where all have succeeded. */
export const wholeGangs: Invariant = {
  name: 'replicas begin and end together',
  violationsIn: (run) => [...strangers(run), ...halves(run)],
};

const attemptOf = (path: string, attempt: number) => `attempt ${attempt} of ${path.replace(/@\d+$/, '')}`;

function strangers({ ledger }: EndedRun): readonly string[] {
  const known = new Map<string, Set<string>>();
  for (const { event, path, attempt, peers } of ledger) {
    if (event !== 'began' || peers === null) continue;
    const name = attemptOf(path, attempt);
    known.set(name, (known.get(name) ?? new Set()).add(peers.join(', ')));
  }
  const torn = [...known].filter(([, told]) => told.size > 1);
  return torn.map(([name, told]) => `the replicas of ${name} were told of ${[...told].join(' and of ')}`);
}

function halves({ detail, attempts, ledger }: EndedRun): readonly string[] {
  const gangs = detail.tasks.filter(({ step, status }) => step === 'gang' && status === 'succeeded');
  return gangs.flatMap(({ path, output }) => {
    const { attempt } = output as { readonly attempt: number };
    const began = ledger.filter((line) => line.event === 'began' && line.attempt === attempt);
    const size = began.find((line) => line.path === path)?.peers?.length ?? 0;
    const ranks = Array.from({ length: size }, (_, rank) => replicaPath(path, rank));
    const missing = ranks.filter((rank) => !began.some((line) => line.path === rank));
    const succeeded = attempts.filter((row) => row.attempt === attempt && row.status === 'succeeded');
    const unsuccessful = ranks.filter((rank) => !succeeded.some((row) => row.path === rank));
    return [
      ...(size < 2 ? [`${attemptOf(path, attempt)}, whose output was taken, had ${size} replicas`] : []),
      ...missing.map((rank) => `${rank} had not begun in ${attemptOf(path, attempt)}, whose output was taken`),
      ...unsuccessful.map((rank) => `${rank} has not succeeded in ${attemptOf(path, attempt)}, whose output was taken`),
    ];
  });
}
