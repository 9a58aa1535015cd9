import type { z } from 'zod';
import type { UnimplementedStep } from './define-step.ts';
import { makeStep } from './make-step.ts';
import type { HandledStep } from './step.ts';
import { stepContractOf } from './step-contract-of.ts';
import type { StepDescription } from './step-description.ts';

/** As `defineStep`, for a step that comes with Millrace: its code is the worker's own and is not packaged. */
export function defineBuiltinStep<In extends z.ZodObject, Out extends z.ZodObject>(
  description: StepDescription<In, Out>,
): UnimplementedStep<In, Out> {
  const contract = stepContractOf(description, { kind: 'builtin' });
  return { implement: (handler) => makeStep(contract, description, handler) as HandledStep<In, Out> };
}
