import { evaluateBinding } from '../ir/evaluate-binding.ts';
import type { JsonObject } from '../ir/json.ts';
import type { Block } from '../ir/nodes/block.ts';
import { type NodeVisitor, type PipelineNode, visitNode } from '../ir/nodes/pipeline-node.ts';
import type { OpenedRun, RunOutcome, RunRequest } from '../ir/protocol/run-request.ts';
import { TaskFailed } from '../ir/protocol/task-failure.ts';
import { nodesReadBy } from '../ir/references.ts';
import { namesBefore, needsOf } from './dependencies.ts';
import type { Change, Execution, NodeResult, Shown } from './execution.ts';
import type { ExecutionPort } from './execution-port.ts';
import { createFlights } from './flights.ts';
import { runApproval } from './nodes/run-approval.ts';
import { runCall } from './nodes/run-call.ts';
import { runFanOut } from './nodes/run-fan-out.ts';
import { runFinally } from './nodes/run-finally.ts';
import { runLoop } from './nodes/run-loop.ts';
import { runNotify } from './nodes/run-notify.ts';
import { runPromote } from './nodes/run-promote.ts';
import { runSleep } from './nodes/run-sleep.ts';
import { runTask } from './nodes/run-task.ts';
import { runWhen } from './nodes/run-when.ts';
import type { PartPlace } from './part.ts';
import { rerunCauses } from './rerun-causes.ts';
import { bindingSource, findNode, pathIn, rootScope, type Scope } from './scope.ts';
import { sequenceAfter } from './sequence.ts';
import { firstTrouble, type Settled, succeeded } from './settled.ts';

/**
 * Walks a compiled pipeline to its end. It runs no code of the user's and asks the world only through `port`, so that
 * the same walk is a Temporal workflow, which is replayed, and a plain function in one process.
 */
export async function interpret(opened: OpenedRun, request: RunRequest, port: ExecutionPort): Promise<RunOutcome> {
  const execution = executionOf(opened, request, port);
  const { ir } = opened.compiled;
  const settled = await runBlock(ir.body, rootScope(ir.body, request.params, '', ''), execution);
  const outcome = outcomeOf(settled);
  const last = ir.onExit ? await runOnExit(ir.onExit, outcome, execution) : outcome;
  execution.flights.close();
  return last;
}

type KnownOfRun = Pick<PartPlace, 'facts' | 'sequence'> & OpenedRun;

function executionOf(opened: OpenedRun, request: RunRequest, port: ExecutionPort): Execution {
  const { project, runId, pipeline, logicalTime, partition } = request;
  const facts = { id: runId, pipeline, project, logicalTime, partition, status: null, error: null };
  return executionIn({ ...opened, facts, sequence: 0 }, request, port);
}

/** An execution that begins with what an earlier one knew, and goes on counting where it was. */
export function executionIn(known: KnownOfRun, request: RunRequest, port: ExecutionPort): Execution {
  const { compiled, registered, limitedQueues = [], facts } = known;
  const sequence = sequenceAfter(known.sequence);
  const emit = (change: Change) =>
    port.record({
      step: null,
      input: null,
      output: null,
      failure: null,
      cache: null,
      detail: {},
      at: port.now(),
      ...change,
      sequence: sequence.next(),
    });
  const flights = createFlights(port);
  const rerunCause = rerunCauses(compiled.ir, request.rerunFrom);
  const stoppedBecause = () => null;
  return {
    ...{ compiled, request, registered, limitedQueues, facts, port, flights, rerunCause, sequence, stoppedBecause },
    ...{ lines: new Map(), emit, runBlock },
  };
}

function outcomeOf(settled: Settled): RunOutcome {
  switch (settled.status) {
    case 'succeeded':
      return { status: 'succeeded', output: settled.value, error: null };
    case 'failed':
      return { status: 'failed', output: null, error: `${settled.path}: ${settled.failure.message}` };
    case 'cancelled':
      return { status: 'cancelled', output: null, error: 'The run was cancelled.' };
    case 'skipped':
      return { status: 'failed', output: null, error: settled.because };
  }
}

/** The exit handler knows how the run ended. Its own failure fails a run that had succeeded: it is never passed over. */
async function runOnExit(block: Block, outcome: RunOutcome, execution: Execution): Promise<RunOutcome> {
  const { status, error } = outcome;
  const shield = execution.port.scope({ shielded: true });
  const shielded = { ...execution, facts: { ...execution.facts, status, error }, port: shield.port };
  const scope = rootScope(block, execution.request.params, 'onExit', 'onExit');
  const settled = await shield.run(() => runBlock(block, scope, shielded));
  if (settled.status === 'succeeded' || status !== 'succeeded') return outcome;
  return { ...outcomeOf(settled), output: outcome.output };
}

/** Starts every node of a scope as soon as what it reads is there, and waits for all of them. */
async function runBlock(block: Block, scope: Scope, execution: Execution): Promise<Settled> {
  const outcomes = await Promise.all(
    block.nodes.map(async (node) => {
      const settled = await runNode(node, block, scope, execution);
      scope.outcomes.get(node.name)?.settle(settled);
      return settled;
    }),
  );
  const trouble = firstTrouble(outcomes);
  if (trouble) return trouble;
  return readOutput(block, scope, execution);
}

/** A scope may return what an outer node gives; that node may still be at work, or have failed. */
async function readOutput(block: Block, scope: Scope, execution: Execution): Promise<Settled> {
  if (!block.output) return succeeded(null);
  const blocked = await waitFor(nodesReadBy(block.output), scope);
  return blocked ?? succeeded(evaluateBinding(block.output, bindingSource(scope, execution)) ?? null);
}

async function runNode(node: PipelineNode, block: Block, scope: Scope, execution: Execution): Promise<Settled> {
  const path = pathIn(scope, node.name);
  const shape = { path, kind: node.kind, step: node.kind === 'task' ? node.step : null };
  const result = (await blockedBy(node, block, scope)) ?? (await attempt(node, path, scope, execution));
  const { settled, shown = {} } = result;
  switch (settled.status) {
    case 'succeeded':
      execution.emit({ ...shape, status: 'succeeded', output: settled.value, ...shown });
      break;
    case 'failed':
      execution.emit({ ...shape, status: 'failed', failure: settled.failure, ...shown });
      break;
    case 'cancelled':
      execution.emit({ ...shape, status: 'cancelled', ...shown, ...stopDetail(shown.detail, execution) });
      break;
    case 'skipped':
      execution.emit({ ...shape, status: 'skipped', ...shown, detail: { because: settled.because } });
  }
  return settled;
}

function stopDetail(detail: JsonObject | undefined, { stoppedBecause }: Execution): { detail?: JsonObject } {
  const because = stoppedBecause();
  return because === null ? {} : { detail: { ...detail, because } };
}

/**
 * Runs the node; a failure of the task's becomes its outcome, any other error is a defect of ours and goes up. What was
 * shown of it before it ended is shown of its end, too: a failure is mostly about what the node was given.
 */
async function attempt(node: PipelineNode, path: string, scope: Scope, execution: Execution): Promise<NodeResult> {
  let shown: Shown = {};
  const show = (more: Shown) => {
    shown = { ...shown, ...more };
  };
  const emit = (change: Change) => {
    if (change.path === path) show(shownIn(change));
    execution.emit(change);
  };
  try {
    // What it holds waits by itself, and runs even where what is around it was cancelled.
    if (node.kind !== 'finally') await execution.port.mayStart();
    return await visitNode(node, runnersIn(scope, { ...execution, emit }, show));
  } catch (error) {
    if (!(error instanceof TaskFailed)) throw error;
    if (error.failure.kind === 'cancelled') return { settled: { status: 'cancelled' }, shown };
    return { settled: { status: 'failed', path, failure: error.failure }, shown };
  }
}

function shownIn({ input = null, cache = null, detail = {} }: Change): Shown {
  return { input, cache, detail };
}

function runnersIn(scope: Scope, execution: Execution, show: (shown: Shown) => void): NodeVisitor<Promise<NodeResult>> {
  return {
    task: (node) => runTask(node, scope, execution, show),
    when: (node) => runWhen(node, scope, execution),
    fanOut: (node) => runFanOut(node, scope, execution),
    loop: (node) => runLoop(node, scope, execution),
    approval: (node) => runApproval(node, scope, execution),
    sleep: (node) => runSleep(node, scope, execution),
    call: (node) => runCall(node, scope, execution),
    promote: (node) => runPromote(node, scope, execution),
    notify: (node) => runNotify(node, scope, execution),
    finally: (node) => runFinally(node, scope, execution),
  };
}

/** Waits for what the node needs. Null when it may start. */
async function blockedBy(node: PipelineNode, block: Block, scope: Scope): Promise<NodeResult | null> {
  if (node.kind === 'finally') {
    await Promise.all(namesBefore(node, block).map((name) => scope.outcomes.get(name)?.promise));
    return null;
  }
  const blocked = await waitFor(needsOf(node), scope);
  return blocked && { settled: blocked };
}

/** Waits for nodes to end; what a reader of them ends as, or null when all that it needs succeeded. */
async function waitFor(addresses: readonly string[], scope: Scope): Promise<Settled | null> {
  const blocks = await Promise.all(
    addresses.map(async (address) => {
      const { outcome, lenient } = findNode(address, scope);
      const settled = await outcome.promise;
      return lenient ? null : blockOf(settled);
    }),
  );
  return firstTrouble(blocks.filter((block) => block !== null));
}

function blockOf(settled: Settled): Settled | null {
  switch (settled.status) {
    case 'succeeded':
      return null;
    case 'failed':
      return { status: 'skipped', because: `'${settled.path}' failed` };
    case 'skipped':
      return { status: 'skipped', because: settled.because };
    case 'cancelled':
      return { status: 'cancelled' };
  }
}
