import { proxySinks, type Sinks, type WorkflowInterceptors } from '@temporalio/workflow';

/** What workflows of today give to activities and children, told as they ask for them; in a replay, too. */
export interface InputSinks extends Sinks {
  readonly inputs: { told(id: string, args: readonly unknown[]): void };
}

const { inputs } = proxySinks<InputSinks>();

/** Bundled with the workflows by the replay test; local activities are left out, for histories have no inputs of theirs. */
export function interceptors(): WorkflowInterceptors {
  return {
    outbound: [
      {
        scheduleActivity: (input, next) => {
          inputs.told(String(input.seq), input.args);
          return next(input);
        },
        startChildWorkflowExecution: (input, next) => {
          inputs.told(input.options.workflowId, input.options.args);
          return next(input);
        },
      },
    ],
  };
}
