import type { ApiClient } from '../../server/client.ts';
import { noPolicies, type RetryPolicies, retryPolicies } from '../watch/retries.ts';

/** How the tasks of a run are tried again. Nothing is known where the pipeline cannot be read: the run is shown without. */
export async function policiesOf(client: ApiClient, runId: string): Promise<RetryPolicies> {
  try {
    const { run } = await client.run(runId);
    return retryPolicies((await client.pipeline(run.pipeline, run.pipelineVersion)).compiled.ir);
  } catch {
    return noPolicies;
  }
}
