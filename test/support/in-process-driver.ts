import type { Transition } from '../../ir/protocol/transition.ts';
import { inProcessPort, type LocalExecutor } from '../../workers/local/in-process-port.ts';
import { interpret } from '../../workflows/interpreter.ts';
import type { InterpreterDriver, RunOptions } from '../../workflows/interpreter-driver.suite.ts';
import { callHandler } from './test-handlers.ts';

/** The interpreter in this process, its tasks answered by a test's handlers. */
export async function inProcessDriver(): Promise<InterpreterDriver> {
  return {
    run: async (compiled, options) => {
      const transitions: Transition[] = [];
      const stop = new AbortController();
      const port = inProcessPort(executorOf(options, transitions, stop), stop.signal);
      const request = {
        project: 'default',
        runId: 'run-1',
        pipeline: compiled.ir.name,
        compiledDigest: compiled.irDigest,
        params: options.params ?? {},
        logicalTime: null,
        partition: null,
        retryOf: null,
      };
      const outcome = await interpret({ compiled, registered: options.registered ?? {} }, request, port);
      return { outcome, transitions };
    },
    close: async () => undefined,
  };
}

function executorOf(options: RunOptions, transitions: Transition[], stop: AbortController): LocalExecutor {
  return {
    record: (transition) => transitions.push(transition),
    lookUp: async () => ({ key: null, reason: 'noEntry', detail: '', output: null, hit: false, origin: null }),
    runTask: ({ contract, input }, attempt, signal) => {
      const running = callHandler(options, contract.name, input, { attempt, signal });
      if (options.cancelOn === contract.name) stop.abort();
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
