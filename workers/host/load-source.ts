import { pathToFileURL } from 'node:url';
import { loadStep } from '../../code/load-package.ts';
import { isStep, type StepDefinition } from '../../dsl/step.ts';
import { commandStep } from './command-step.ts';
import { KnownFailure } from './error-report.ts';
import type { HandlerJob, StepSource } from './handler-protocol.ts';
import { parserOf, type RunnableStep } from './runnable-step.ts';

/**
 * The step that a job names, ready to run in this process.
 *
 * @throws KnownFailure of kind `environment` when the code cannot be loaded here.
 */
export async function loadSource(job: HandlerJob): Promise<RunnableStep> {
  const { source } = job;
  if (source.kind === 'command') return commandStep(job, source);
  try {
    return runnable(source.kind === 'package' ? fromPackage(source) : await fromInstallation(source));
  } catch (error) {
    if (error instanceof KnownFailure) throw error;
    const found = error instanceof Error ? error.message : String(error);
    throw new KnownFailure('environment', 'CodeLoadError', `The code of step '${job.step}' cannot be loaded: ${found}`);
  }
}

/** A child holds the code of one package only. */
let loaded: { readonly digest: string; readonly step: StepDefinition } | undefined;

function fromPackage(source: Extract<StepSource, { kind: 'package' }>): StepDefinition {
  const { digest } = source.package;
  if (loaded?.digest !== digest) loaded = { digest, step: loadStep(source.folder, source.package) };
  return loaded.step;
}

async function fromInstallation(source: Extract<StepSource, { kind: 'builtin' }>): Promise<StepDefinition> {
  const module: Record<string, unknown> = await import(pathToFileURL(source.module).href);
  const step = Object.values(module)
    .filter(isStep)
    .find(({ contract }) => contract.name === source.step);
  if (step) return step;
  throw new KnownFailure(
    'environment',
    'UnknownBuiltin',
    `This release of Millrace has no built-in step '${source.step}'. Run a worker of the release that the pipeline was compiled with.`,
  );
}

function runnable(step: StepDefinition): RunnableStep {
  const { handler } = step;
  if (!handler) {
    throw new KnownFailure('environment', 'NoHandler', `Step '${step.contract.name}' has a contract and no handler.`);
  }
  return { parseInput: parserOf(step.inputSchema), parseOutput: parserOf(step.outputSchema), handler };
}
