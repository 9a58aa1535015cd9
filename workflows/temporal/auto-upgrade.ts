import type { WorkflowDefinitionOptions } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';

/**
 * The options of a workflow that goes on with whatever version of the workers is current, in place of ending on the one that
 * it began on. Where workers have no versions Temporal refuses to be told so.
 */
export function autoUpgrade(): WorkflowDefinitionOptions {
  const isVersioned = Boolean(workflowInfo().currentDeploymentVersion?.deploymentName);
  return isVersioned ? { versioningBehavior: 'AUTO_UPGRADE' } : {};
}
