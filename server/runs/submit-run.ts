import type { CompiledPipeline } from '../../ir/compiled-pipeline.ts';
import { everyNode, placeText } from '../../ir/every-node.ts';
import { canonicalJson, type JsonObject } from '../../ir/json.ts';
import type { PipelineIR } from '../../ir/pipeline-ir.ts';
import { CANCEL_GRACE_MS } from '../../ir/protocol/run-order.ts';
import type { RunCache } from '../../ir/protocol/run-request.ts';
import { runWorkflowId } from '../../ir/protocol/workflow-names.ts';
import { MetadataError } from '../../store/metadata/metadata-store.ts';
import type { PipelineVersion } from '../../store/metadata/pipeline-table.ts';
import type { NewRun, Run } from '../../store/metadata/run-table.ts';
import { placeOfRun } from '../backfills/partition-of-run.ts';
import { ApiProblem } from '../http/problem.ts';
import type { SubmittedRun } from '../schemas/run.ts';
import type { ServerContext } from '../server-context.ts';
import { TemporalAway, type TemporalGateway } from '../temporal/temporal-gateway.ts';
import { checkMessages } from './check-messages.ts';
import { checkPools } from './check-pools.ts';
import { missingSecrets } from './check-secrets.ts';
import { checkWorkers } from './check-workers.ts';
import { hasEnded } from './find-run.ts';
import { loadCompiled } from './load-compiled.ts';
import { newRunId } from './new-run-id.ts';
import { validateParams } from './validate-params.ts';

export interface Submission {
  readonly version: PipelineVersion;
  readonly params: JsonObject;
  readonly name: string | null;
  readonly driver: Run['driver'];
  readonly retryOf: string | null;
  /** Its tasks decide where it is left out. */
  readonly cache?: RunCache | null;
  /** 3 where it is left out. */
  readonly priority?: number | null;
  readonly rerunFrom: readonly string[];
  /** Its key, which the run of a pipeline with partitions has to have. */
  readonly partition: string | null;
  /** Of the run that is retried, which the new one is of, too. */
  readonly schedule?: string | null;
  readonly backfill?: string | null;
  /** Of the run that is retried: the new one is for the same time. */
  readonly logicalTime: string | null;
  readonly runId: string | undefined;
}

/**
 * Checks a submission, writes the run's row and, for Temporal, starts its workflow. The row comes first, so that a run
 * that Temporal knows is never missing here; one that Temporal did not get stays pending and is started by `reconcileRuns`, or
 * by sending the same id again.
 */
export async function submitRun(context: ServerContext, submission: Submission): Promise<SubmittedRun> {
  const { version, driver } = submission;
  const compiled = await loadCompiled(context, version);
  const params = validateParams(version.pipeline, compiled.ir.params, submission.params);
  const place = placeOfRun(compiled.ir, submission.partition, submission.logicalTime);
  await checkPools(context, compiled.ir);
  const notices = driver === 'temporal' ? await workerNotices(context, compiled) : localNotices(compiled.ir);
  const temporal = driver === 'temporal' ? await liveTemporal(context) : null;
  const run = await createOnce(context, newRun(context, { ...submission, ...place }, params));
  if (temporal !== null && run.workflowId !== null) await startWorkflow(context, temporal, run, run.workflowId);
  return { run: { ...run, leftOut: null }, notices };
}

/**
 * Starts a run that has its row, which Temporal may have got or not. Its submission was checked when the row was written.
 *
 * @throws TemporalAway. @throws ApiProblem `conflict` for one that ended before it began.
 */
export async function startPending(context: ServerContext, run: Run): Promise<void> {
  if (run.workflowId !== null) await startWorkflow(context, await liveTemporal(context), run, run.workflowId);
}

async function workerNotices(context: ServerContext, compiled: CompiledPipeline): Promise<readonly string[]> {
  const { ir } = compiled;
  const untold = await checkMessages(context, ir);
  const notices = await checkWorkers(context, compiled);
  return [...notices, ...(await missingSecrets(context, ir)).map(({ message }) => message), ...untold];
}

/** What is otherwise in a run of one process. */
function localNotices(ir: PipelineIR): readonly string[] {
  const { maxRuns } = ir;
  const limit =
    maxRuns === undefined
      ? []
      : [
          `A local run waits for no other of ${ir.name}, and no other waits for it: maxRuns (${maxRuns}) is of runs without --local.`,
        ];
  return [...limit, ...approvalNotices(ir)];
}

/** Said before anything runs: a branch may still pass them by, so that the run is not refused. */
function approvalNotices(ir: PipelineIR): readonly string[] {
  const approvals = everyNode(ir).filter(({ node }) => node.kind === 'approval');
  if (approvals.length === 0) return [];
  const [which, waits] = approvals.length === 1 ? ['Approval', 'waits'] : ['Approvals', 'wait'];
  return [
    `${which} ${approvals.map(placeText).join(', ')} ${waits} for a person, and nobody can answer a local run: it fails if it gets there. ` +
      'Run the pipeline without --local to decide.',
  ];
}

function newRun(context: ServerContext, submission: Submission, params: JsonObject): NewRun {
  const { version, driver } = submission;
  const id = submission.runId ?? newRunId(version.pipeline, context.now());
  return {
    id,
    pipeline: version.pipeline,
    pipelineVersion: version.version,
    compiledDigest: version.compiledDigest,
    name: submission.name,
    driver,
    workflowId: driver === 'temporal' ? runWorkflowId(context.project, id) : null,
    params,
    submittedBy: context.user,
    retryOf: submission.retryOf,
    cache: submission.cache ?? null,
    priority: submission.priority ?? null,
    rerunFrom: submission.rerunFrom,
    logicalTime: submission.logicalTime,
    partition: submission.partition,
    schedule: submission.schedule ?? null,
    backfill: submission.backfill ?? null,
  };
}

/** Asked before anything is written, so that a run is refused whole while Temporal is away. */
async function liveTemporal(context: ServerContext): Promise<TemporalGateway> {
  if (context.temporal === null)
    throw new TemporalAway('This API was started without Temporal, which durable runs need.');
  await context.temporal.check();
  return context.temporal;
}

/** @throws ApiProblem `conflict` when the id belongs to another run. */
async function createOnce(context: ServerContext, run: NewRun): Promise<Run> {
  try {
    return await context.metadata.runs.create(run);
  } catch (error) {
    if (!(error instanceof MetadataError) || error.kind !== 'conflict') throw error;
    const first = await context.metadata.runs.get(run.id);
    if (first !== null && isSameSubmission(first, run)) return first;
    throw new ApiProblem(
      'conflict',
      `There is a run ${run.id} already, of another pipeline or partition, or with other parameters, another priority or another word on the cache.`,
      {
        next: 'Leave the id out, or choose another.',
        cause: error,
      },
    );
  }
}

function isSameSubmission(first: Run, again: NewRun): boolean {
  return (
    first.compiledDigest === again.compiledDigest &&
    first.driver === again.driver &&
    first.cache === (again.cache ?? null) &&
    first.priority === (again.priority ?? null) &&
    first.retryOf === again.retryOf &&
    first.partition === again.partition &&
    canonicalJson(first.rerunFrom) === canonicalJson(again.rerunFrom) &&
    canonicalJson(first.params) === canonicalJson(again.params)
  );
}

/**
 * Starts a run's workflow; does nothing for a run that is over. It may be cancelled while this is under way: then the
 * workflow is cancelled too, which is why the row is read again.
 *
 * @throws ApiProblem `conflict` for a run that ended before it began.
 */
async function startWorkflow(
  context: ServerContext,
  temporal: TemporalGateway,
  run: Run,
  workflowId: string,
): Promise<void> {
  if (hasEnded(run)) {
    if (run.startedAt === null) throw endedUnbegun(run);
    return;
  }
  await sendRun(context, temporal, run, workflowId);
  const now = await context.metadata.runs.outline(run.id);
  if (now?.status !== 'cancelled' || now.startedAt !== null) return;
  await temporal.order(workflowId, { kind: 'cancel', graceMs: CANCEL_GRACE_MS });
  throw endedUnbegun(now);
}

function endedUnbegun(run: Run): ApiProblem {
  return new ApiProblem('conflict', `Run ${run.id} is ${run.status} and ended before it began: it is not started.`, {
    next: `Submit it with another id, or retry it: millrace runs retry ${run.id}`,
  });
}

async function sendRun(context: ServerContext, temporal: TemporalGateway, run: Run, workflowId: string): Promise<void> {
  try {
    await temporal.startRun(workflowId, {
      project: context.project,
      runId: run.id,
      pipeline: run.pipeline,
      compiledDigest: run.compiledDigest,
      params: run.params,
      logicalTime: run.logicalTime,
      partition: run.partition,
      retryOf: run.retryOf,
      cache: run.cache,
      priority: run.priority,
      rerunFrom: run.rerunFrom,
    });
  } catch (error) {
    if (!(error instanceof TemporalAway)) throw error;
    throw new TemporalAway(
      `${error.message} Run ${run.id} is kept as pending and is started once Temporal answers, unless you cancel it.`,
      { cause: error },
    );
  }
}
