import { isJsonObject } from '../../ir/json.ts';
import type { RetryPolicy } from '../../ir/step-contract.ts';
import type { Attempt, PoolState, Task } from '../../server/client.ts';
import { decisionText, waitingText } from './asked.ts';
import { failureMessage } from './failures.ts';
import { poolWaitText } from './pool-wait.ts';
import { attemptText, retriedText } from './retries.ts';

export interface NoteContext {
  /** Of this task. */
  readonly attempts: readonly Attempt[];
  readonly policy: RetryPolicy | null;
  /** Whether something else tells why it failed, or what it asks: the run's summary, the task inside, the lines below. */
  readonly isTold: boolean;
  /** In which tasks of the run wait. */
  readonly pools: readonly PoolState[];
  /** For what counts down. */
  readonly now?: number;
}

/** What a picture says beside a task's name: how far it is, why it failed, what it waits for. Empty for nothing. */
export function taskNote(task: Task, context: NoteContext): string {
  const { attempts } = context;
  switch (task.status) {
    case 'running':
      return runningNote(context);
    case 'waiting':
      return task.kind === 'approval'
        ? approvalNote(task, context)
        : (poolWaitText(task, context.pools) ?? awaitedText(task));
    case 'failed':
      return failedNote(task, context);
    case 'cancelled':
      return typeof task.detail.because === 'string' ? `because ${task.detail.because}` : '';
    case 'skipped':
      return typeof task.detail.because === 'string' ? task.detail.because : '';
    case 'cached':
    case 'reused':
      return originText(task);
    default:
      return lastAttempt(attempts) || endText(task);
  }
}

function endText(task: Task): string {
  switch (task.kind) {
    case 'approval':
      return decisionText(task);
    case 'notify':
      return messageText(task);
    default:
      return chosenBranch(task);
  }
}

/** Longer ones are told whole by `runs get --path`. */
const LONGEST_MESSAGE = 200;

/** What a message says: of a local run, this is where it is told. */
function messageText({ input }: Task): string {
  const text = isJsonObject(input) && typeof input.text === 'string' ? input.text : '';
  const [line = ''] = text.split('\n');
  return line.length <= LONGEST_MESSAGE ? line : `${line.slice(0, LONGEST_MESSAGE)}…`;
}

function approvalNote(task: Task, { now, isTold }: NoteContext): string {
  const { runId, path } = task;
  return waitingText(task, now) + (isTold ? '' : `: millrace runs get ${runId} --path '${path}'`);
}

/** A task waits for nothing but another that makes its result; the scopes around what waits have nothing to say of it. */
function awaitedText({ cache, runId }: Task): string {
  const origin = cache?.origin;
  if (!origin) return 'waits';
  const task = `task ${origin.path}`;
  return `waits for ${origin.runId === runId ? task : `run ${origin.runId} ${task}`}, which computes the same`;
}

/** Longer ids than that leave no room for anything else. */
const LONGEST_ORIGIN = 48;

function originText({ status, runId, cache }: Task): string {
  const origin = cache?.origin?.runId ?? runId;
  return origin === runId || origin.length > LONGEST_ORIGIN ? status : `${status} from ${origin}`;
}

/** `attempt 3` of a task that needed more than one. */
function lastAttempt(attempts: readonly Attempt[]): string {
  const last = attempts.at(-1)?.attempt ?? 0;
  return last > 1 ? `attempt ${last}` : '';
}

function failedNote({ failure }: Task, { attempts, isTold }: NoteContext): string {
  if (failure === null || isTold) return lastAttempt(attempts);
  return failureMessage(failure).split('\n')[0] ?? '';
}

function runningNote({ attempts, policy, now }: NoteContext): string {
  const newest = attempts.at(-1);
  if (newest === undefined) return '';
  const again = retriedText(newest, attempts, policy, now);
  if (again !== null) return again;
  const parts = [
    newest.attempt > 1 ? attemptText(newest.attempt, attempts, policy) : '',
    newest.progress === null ? '' : `${Math.round(newest.progress * 100)}%`,
    newest.message ?? '',
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function chosenBranch(task: Task): string {
  if (task.kind !== 'when') return '';
  return typeof task.detail.chosen === 'string' ? `→ ${task.detail.chosen}` : 'no branch';
}
