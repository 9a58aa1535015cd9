import type { Condition } from '../ir/condition.ts';
import { NAME } from '../ir/name.ts';
import type { PipelineNode } from '../ir/nodes/pipeline-node.ts';
import type { PipelineGraph } from '../ir/pipeline-ir.ts';
import type { SecretRef } from '../ir/step-contract.ts';
import { CompileError, type CompileErrorCode } from './compile-error.ts';
import type { StepDefinition } from './step.ts';

/** Pipelines that this compilation found called as steps, and the steps of all of them. */
export interface Compilation {
  readonly steps: Map<string, StepDefinition>;
  readonly pipelines: Map<string, { readonly source: unknown; readonly graph: PipelineGraph }>;
  /** Queues beside Millrace's own that the pipelines declare. */
  readonly queues: Set<string>;
  /** Secrets of their tasks, by the variable in which a worker may find them. */
  readonly secrets: Map<string, SecretRef>;
  /** Pipelines being described, outermost first: one that comes up again calls itself. */
  readonly underWay: unknown[];
}

/** A lexical scope of the pipeline being described, which is a scope of its graph. */
export interface Scope {
  readonly compilation: Compilation;
  readonly pipeline: string;
  readonly parent: Scope | null;
  /** Where the tasks of a called pipeline go, when its call says so and theirs do not. */
  readonly queue: string | null;
  /** Names of the scopes around, joined by `/`; '' at the root of a pipeline. */
  readonly address: string;
  /** For people: `the body of fan-out 'trials'`. */
  readonly title: string;
  /** Null where nothing may be recorded, as in a loop's condition. */
  readonly nodes: PipelineNode[] | null;
  /** Names taken, with those of scopes still being described. */
  readonly names: Set<string>;
  /** Conditions made in the pipeline that nothing has tested yet. */
  readonly untested: Set<Condition>;
}

/** Where the current scope is kept: in one place for all copies of this module in the process. */
const RECORDER = Symbol.for('millrace.recorder');
const shared = globalThis as unknown as { [RECORDER]?: Scope | undefined };

export function currentScope(): Scope | undefined {
  return shared[RECORDER];
}

/** Runs the body with `scope` as the current one, and restores the one before whatever happens. */
export function inScope<R>(scope: Scope, body: () => R): R {
  const before = shared[RECORDER];
  shared[RECORDER] = scope;
  try {
    return body();
  } finally {
    shared[RECORDER] = before;
  }
}

export interface RecordingScope extends Scope {
  readonly nodes: PipelineNode[];
}

/** @throws CompileError where no pipeline is being described, or this place of it takes no nodes. */
export function recordingScope(what: string): RecordingScope {
  const scope = currentScope();
  if (!scope) {
    throw new CompileError(
      'outsideBody',
      `${what} was called outside the body of a pipeline. Call it in the body given to definePipeline; to run a step's ` +
        'code by itself, call its `handler`.',
    );
  }
  if (!scope.nodes) {
    throw refusal('outsideBody', scope, `${what} was called in ${scope.title}, which only tests values`);
  }
  return scope as RecordingScope;
}

/** An error that names the pipeline in which it came up. `what` is a sentence without its full stop. */
export function refusal(code: CompileErrorCode, scope: Scope, what: string, cure?: string): CompileError {
  return new CompileError(code, `Pipeline '${scope.pipeline}': ${what}.${cure ? ` ${cure}` : ''}`);
}

export function addressIn(scope: Scope, name: string): string {
  return scope.address === '' ? name : `${scope.address}/${name}`;
}

/** A scope inside another, for the body of a node. */
export function innerScope(parent: Scope, address: string, title: string): RecordingScope {
  return { ...parent, parent, address, title, nodes: [], names: new Set() };
}

/** Takes a name in a scope, so that every task has an address of its own. */
export function claimName(scope: Scope, name: string, kind: string): string {
  if (!NAME.test(name)) {
    throw refusal(
      'badName',
      scope,
      `'${name}' is no name for a ${kind}`,
      'Begin with a letter and go on with letters, digits, _ or -.',
    );
  }
  if (scope.names.has(name)) {
    throw refusal(
      'duplicateName',
      scope,
      `${scope.title} has two tasks named '${name}'`,
      `Give this ${kind} a name of its own in its options: { name: '${name}-2' }.`,
    );
  }
  scope.names.add(name);
  return name;
}
