import type { CompiledPipeline } from '../../ir/compiled-pipeline.ts';
import type { RunRequest } from '../../ir/protocol/run-request.ts';
import type { Transition } from '../../ir/protocol/transition.ts';
import { inProcessPort, type LocalExecutor } from '../../workers/local/in-process-port.ts';
import type { ExecutionPort } from '../../workflows/execution-port.ts';
import { thawScope } from '../../workflows/frozen-scope.ts';
import { executionIn, interpret } from '../../workflows/interpreter.ts';
import type { InterpreterDriver, RunOptions } from '../../workflows/interpreter-driver.suite.ts';
import { startItems } from '../../workflows/nodes/run-items.ts';
import { runRounds } from '../../workflows/nodes/run-rounds.ts';
import type { PartPlace, PartRunner } from '../../workflows/part.ts';
import { callHandler } from './test-handlers.ts';
import { TestPools } from './test-pools.ts';

export interface InProcessOptions {
  /** Whether every fan-out and loop is run from its data alone, as it is in a workflow of its own. */
  readonly inParts?: boolean;
}

/** The interpreter in this process, its tasks answered by a test's handlers. */
export async function inProcessDriver({ inParts = false }: InProcessOptions = {}): Promise<InterpreterDriver> {
  return {
    run: async (compiled, options) => {
      const transitions: Transition[] = [];
      const [stop, hardStop] = [new AbortController(), new AbortController()];
      const gate: Gate = { held: null };
      const executor = executorOf(options, transitions, stop, hardStop, gate);
      const port = gated(inProcessPort(executor, stop.signal, hardStop.signal), gate);
      const request = {
        project: 'default',
        runId: 'run-1',
        pipeline: compiled.ir.name,
        compiledDigest: compiled.irDigest,
        params: options.params ?? {},
        logicalTime: null,
        partition: null,
        retryOf: null,
        rerunFrom: [],
      };
      const opened = { compiled, registered: options.registered ?? {} };
      const outcome = await interpret(opened, request, inParts ? portInParts(port, compiled, request) : port);
      return { outcome, transitions };
    },
    close: async () => undefined,
  };
}

/** A run in one process is never paused by a user; the interpreter is to hold all the same where its port does. */
interface Gate {
  held: Promise<void> | null;
}

function gated(port: ExecutionPort, gate: Gate): ExecutionPort {
  return {
    ...port,
    mayStart: async () => gate.held ?? undefined,
    isPaused: () => gate.held !== null,
    scope: (options) => {
      const scope = port.scope(options);
      return { ...scope, port: gated(scope.port, gate) };
    },
  };
}

function executorOf(
  options: RunOptions,
  transitions: Transition[],
  stop: AbortController,
  hardStop: AbortController,
  gate: Gate,
): LocalExecutor {
  const pools = new TestPools(options.pools);
  return {
    record: (transition) => transitions.push(transition),
    takeSlots: async ({ task }, demands) => pools.take(task, demands, null),
    giveBackSlots: async (task) => pools.giveBack(task),
    lookUp: async () => ({ key: null, reason: 'noEntry', detail: '', output: null, hit: false, origin: null }),
    runTask: ({ contract, input, replica }, attempt, signal) => {
      const running = callHandler(options, contract.name, input, { attempt, signal, rank: replica?.rank });
      if (options.cancelOn === contract.name) stop.abort();
      if (options.stopHardOn === contract.name) hardStop.abort();
      if (options.pauseOn?.step === contract.name) {
        gate.held ??= options.pauseOn.meanwhile(() => transitions);
      }
      return running;
    },
    promote: async () => {
      throw new Error('These tests promote nothing.');
    },
    notify: async (message) => options.onMessage?.(message),
    approval: async ({ task }) => {
      const decision = options.decisions?.[task.path];
      return decision ? { ...decision, timedOut: false } : null;
    },
  };
}

function portInParts(port: ExecutionPort, compiled: CompiledPipeline, request: RunRequest): ExecutionPort {
  const execution = (place: PartPlace) => executionIn({ ...place, compiled }, request, own);
  const runner: PartRunner = {
    startItems: (part, failed) => {
      const { place, range } = throughJson(part);
      return startItems(range, thawScope(place.scope), execution(place), { failed });
    },
    runLoop: async (part) => {
      const { place, node, from } = throughJson(part);
      const inner = execution(place);
      const result = await runRounds(node, from, thawScope(place.scope), inner);
      return throughJson({ result, sequence: inner.sequence.last() });
    },
  };
  const own: ExecutionPort = {
    ...port,
    apart: () => runner,
    scope: (options) => {
      const scope = port.scope(options);
      return { ...scope, port: portInParts(scope.port, compiled, request) };
    },
  };
  return own;
}

const throughJson = <T>(value: T): T => JSON.parse(JSON.stringify(value));
