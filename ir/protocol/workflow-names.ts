/** The names under which clients and workers meet in Temporal. Changing one orphans whatever runs under it. */
export const RUN_WORKFLOW = 'millraceRun';
/** A part of a run that has a history of its own. */
export const PART_WORKFLOW = 'millracePart';
export const ROLLOUT_WORKFLOW = 'millraceRollout';
/** Update of a run's workflow: `(request: ApprovalAnswer) => ApprovalDecision`. The first decision is final. */
export const DECIDE_UPDATE = 'decideApproval';

export interface ApprovalAnswer {
  /** The approval's task path. */
  readonly path: string;
  readonly approved: boolean;
  readonly form: unknown;
  /** Set by the API from who asked, never taken from the payload. */
  readonly by: string;
  readonly roles: readonly string[];
}

export function runWorkflowId(project: string, runId: string): string {
  return `${project}/run/${runId}`;
}

/** `path` tells it from the run's other parts. */
export function partWorkflowId(project: string, runId: string, path: string): string {
  return `${project}/part/${runId}/${path}`;
}

export function rolloutWorkflowId(project: string, endpoint: string, runId: string, path: string): string {
  return `${project}/rollout/${endpoint}/${runId}/${path}`;
}
