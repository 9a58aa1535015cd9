import { type CompiledQuery, type SqlBool, sql } from 'kysely';
import { type ArtifactRef, artifactsIn } from '../../../ir/artifact.ts';
import type { ApprovalOpened, ArtifactPublished, EventFacts } from '../../../ir/event-facts.ts';
import type { Transition } from '../../../ir/protocol/transition.ts';
import { type RunTold, runKey, runTold } from './run-events.ts';
import type { SqlSession } from './sql-session.ts';
import { listingOf } from './task-listing.ts';
import { tellEvent, told } from './tell-event.ts';

/** The one built-in step that gives no artifact back for what it makes known. */
const PUBLISHES = 'publishPredictions';

/** What transitions have to tell, to be run after their rows were written: what those did not take is not told. */
export async function tellTransitions(
  session: SqlSession,
  runId: string,
  transitions: readonly Transition[],
): Promise<readonly CompiledQuery[]> {
  const telling = transitions.filter((each) => isApprovalOpen(each) || publishedBy(each).length > 0);
  // Nearly always there is none, and nothing is read.
  const run = telling.length === 0 ? null : await runTold(session, runId);
  if (run === null) return [];
  return telling.flatMap((transition) =>
    eventsOf(run, transition).map(([key, facts]) =>
      tellEvent(session, told(key, facts, transition.at), wasTaken(session, runId, transition)),
    ),
  );
}

function eventsOf(run: RunTold, transition: Transition): readonly (readonly [key: string, facts: EventFacts])[] {
  const at = `${runKey(run)}:${transition.path}`;
  if (isApprovalOpen(transition)) return [[`approvalOpened:${at}`, approvalOpened(run, transition)]];
  return publishedBy(transition).map((artifact) => [
    `artifactPublished:${at}:${artifact.digest}`,
    artifactPublished(run, transition, artifact),
  ]);
}

const isApprovalOpen = ({ kind, status }: Transition) => kind === 'approval' && status === 'waiting';

function publishedBy(transition: Transition): readonly ArtifactRef[] {
  const { kind, status, step, input, output } = transition;
  if (kind !== 'task' || status !== 'succeeded' || listingOf(transition).address !== '') return [];
  return artifactsIn(step === PUBLISHES ? input : output);
}

function wasTaken({ project }: SqlSession, runId: string, { path, sequence, status }: Transition) {
  return sql<SqlBool>`exists (select 1 from tasks where tasks.project = ${project} and tasks.run_id = ${runId}
    and tasks.path = ${path} and tasks.sequence = ${sequence} and tasks.status = ${status})`;
}

function approvalOpened(run: RunTold, { path, detail }: Transition): ApprovalOpened {
  const { message, roles } = detail;
  return {
    ...{ kind: 'approvalOpened', run: run.id, pipeline: run.pipeline, task: path },
    message: typeof message === 'string' ? message : null,
    roles: Array.isArray(roles) ? roles.map(String) : [],
  };
}

function artifactPublished(run: RunTold, { path, step }: Transition, ref: ArtifactRef): ArtifactPublished {
  return {
    ...{ kind: 'artifactPublished', run: run.id, pipeline: run.pipeline, task: path, step },
    ...{ artifact: ref.artifact, digest: ref.digest, uri: ref.uri },
    ...{ partition: run.partition, logicalTime: run.logical_time },
  };
}
