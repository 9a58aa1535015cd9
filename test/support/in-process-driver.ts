import type { Transition } from '../../ir/protocol/transition.ts';
import { inProcessPort, type LocalExecutor } from '../../workers/local/in-process-port.ts';
import type { ExecutionPort } from '../../workflows/execution-port.ts';
import { interpret } from '../../workflows/interpreter.ts';
import type { InterpreterDriver, RunOptions } from '../../workflows/interpreter-driver.suite.ts';
import { callHandler } from './test-handlers.ts';

/** The interpreter in this process, its tasks answered by a test's handlers. */
export async function inProcessDriver(): Promise<InterpreterDriver> {
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
      const outcome = await interpret({ compiled, registered: options.registered ?? {} }, request, port);
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
  return {
    record: (transition) => transitions.push(transition),
    lookUp: async () => ({ key: null, reason: 'noEntry', detail: '', output: null, hit: false, origin: null }),
    runTask: ({ contract, input }, attempt, signal) => {
      const running = callHandler(options, contract.name, input, { attempt, signal });
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
    approval: async ({ task }) => {
      const decision = options.decisions?.[task.path];
      return decision ? { ...decision, timedOut: false } : null;
    },
  };
}
