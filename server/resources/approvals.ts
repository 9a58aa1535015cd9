import { Router } from 'express';
import { isJsonObject, type JsonObject } from '../../ir/json.ts';
import { WAITS_IN } from '../../ir/protocol/transition.ts';
import { accept, pathParam, reply } from '../http/exchange.ts';
import { ApiProblem } from '../http/problem.ts';
import { findRun, hasEnded } from '../runs/find-run.ts';
import { validateForm } from '../runs/validate-params.ts';
import { decideSchema, decisionSchema } from '../schemas/approval.ts';
import type { ServerContext } from '../server-context.ts';
import { DecisionRefused, TemporalAway } from '../temporal/temporal-gateway.ts';

/** POST /runs/:id/approvals: decides on one that the run waits for. The first decision is final and is given again. */
export function approvalRoutes(context: ServerContext): Router {
  const router = Router();
  router.post('/runs/:id/approvals', async (request, response) => {
    const body = accept(decideSchema, request.body);
    const run = await findRun(context, pathParam(request, 'id'));
    const task = await context.metadata.tasks.get(run.id, body.path);
    if (task === null || task.kind !== 'approval') {
      throw new ApiProblem('notFound', `Run ${run.id} waits for no approval at ${body.path}.`, {
        next: `See what it waits for with \`millrace runs get ${run.id}\`.`,
      });
    }
    if (run.workflowId === null) {
      throw new ApiProblem(
        'notForLocalRuns',
        `Run ${run.id} is local, and takes decisions only from its own process.`,
        {
          next: 'Run pipelines that wait for people without --local.',
        },
      );
    }
    if (hasEnded(run)) throw new ApiProblem('conflict', `Run ${run.id} has ended (${run.status}).`);
    if (context.temporal === null)
      throw new TemporalAway('This API was started without Temporal, which the run is kept in.');
    const form = isJsonObject(task.detail.form) ? task.detail.form : null;
    if (body.approved) validateForm(`The form of ${body.path}`, form, body.form);
    const answer = { ...body, by: context.user, roles: rolesOf(task.detail) };
    const decision = await context.temporal
      .decide(waitsIn(task.detail) ?? run.workflowId, answer)
      .catch(asProblem(run.id, body.path));
    reply(response, decisionSchema, decision);
  });
  return router;
}

/** Until there is authentication, the one user of this machine holds every role that an approval asks for. */
function rolesOf(detail: JsonObject): readonly string[] {
  const roles = detail.roles;
  return Array.isArray(roles) ? roles.map(String) : [];
}

/** In a wide fan-out, approvals wait in workflows of its parts. */
function waitsIn({ [WAITS_IN]: workflowId }: JsonObject): string | null {
  return typeof workflowId === 'string' ? workflowId : null;
}

function asProblem(runId: string, path: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof DecisionRefused)) throw error;
    throw new ApiProblem('conflict', `The decision on ${path} of run ${runId} was not taken: ${error.message}`, {
      cause: error,
    });
  };
}
