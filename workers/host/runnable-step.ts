import type { z } from 'zod';
import type { TaskContext } from '../../dsl/task-context.ts';
import { contractBreaks } from '../../ir/contract-breaks.ts';
import { INPUT_CONTRACT } from '../../ir/protocol/task-failure.ts';
import { zodText } from '../../ir/zod-text.ts';
import { KnownFailure, reportOf } from './error-report.ts';
import { taskContext } from './handler-context.ts';
import type { HandlerJob, HandlerPort, HandlerResult } from './handler-protocol.ts';
import { plainJson } from './plain-json.ts';

/** A step as the edge of an activity sees it: two checks and the work between them. */
export interface RunnableStep {
  /** @throws with the ways in which the value breaks the contract. Fills defaults in. */
  readonly parseInput: (value: unknown) => unknown;
  readonly parseOutput: (value: unknown) => unknown;
  readonly handler: (call: { readonly input: unknown; readonly task: TaskContext }) => unknown;
}

/** Runs one attempt to its result. Never throws: whatever goes wrong is told as data. */
export async function runStep(
  load: () => Promise<RunnableStep>,
  job: HandlerJob,
  port: HandlerPort,
  signal: AbortSignal,
  started: () => void,
): Promise<HandlerResult> {
  try {
    const step = await load();
    const input = atEdge(job, 'input', () => step.parseInput(job.input));
    started();
    const output = await step.handler({ input, task: taskContext(job, port, signal) });
    // Rank 0 answers for all; what others give is no output, and need not be one.
    if (job.gang !== undefined && job.gang.rank > 0) return { ok: true, output: null };
    const checked = atEdge(job, 'output', () => plainJson(step.parseOutput(output), 'It'));
    return { ok: true, output: checked };
  } catch (thrown) {
    return { ok: false, error: reportOf(thrown) };
  }
}

const CURES = {
  input: 'See what parameters and tasks before it gave (millrace runs get), or let the contract take it.',
  output: 'Let the handler give what the contract says, or change the contract.',
} as const;

function atEdge<T>(job: HandlerJob, side: 'input' | 'output', check: () => T): T {
  try {
    return check();
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    const message = `The ${side} of task '${job.path}' breaks the contract of step '${job.step}': ${found}. ${CURES[side]}`;
    const name = side === 'input' ? INPUT_CONTRACT : 'ContractError';
    throw new KnownFailure('contract', name, message, false);
  }
}

/** Parses with a zod schema; the error names places and what is wrong there, and no text of the value's. */
export function parserOf(schema: z.ZodType): (value: unknown) => unknown {
  return (value) => {
    const parsed = schema.safeParse(value, { reportInput: true });
    if (parsed.success) return parsed.data;
    const faults = parsed.error.issues.map((issue) => ({
      at: issue.path.map(String).join('.'),
      message: zodText(issue),
    }));
    throw new TypeError(contractBreaks(faults));
  };
}
