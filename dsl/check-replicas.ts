import { GANG_VARIABLES } from '../ir/protocol/gang-variables.ts';
import { MOST_REPLICAS, type StepContract, type TaskSettings } from '../ir/step-contract.ts';
import { CompileError } from './compile-error.ts';

/** @throws CompileError for replicas that no worker could place, or that make no sense of the step. */
export function checkReplicas(subject: string, contract: StepContract, { resources, env }: TaskSettings): void {
  const { replicas } = resources;
  if (replicas === undefined) return;
  const reason = reasonAgainst(replicas, contract, env);
  if (reason !== null) throw new CompileError('settings', `${subject}: ${reason}.`);
}

function reasonAgainst(
  replicas: number,
  { cost, effects, implementation }: StepContract,
  env: TaskSettings['env'],
): string | null {
  if (!Number.isInteger(replicas) || replicas < 1 || replicas > MOST_REPLICAS) {
    return `replicas is ${replicas}; handlers are counted whole, from 1 to ${MOST_REPLICAS}`;
  }
  if (cost === 'light') return "it is light, so it cannot have replicas; leave out cost: 'light', or this";
  if (effects === 'external') {
    return "its effects are 'external', and each of its replicas would deliver them; leave out replicas, or let the effects be 'idempotent'";
  }
  if (implementation.kind === 'external' || implementation.kind === 'container') {
    return `it is a step of kind '${implementation.kind}', whose replicas would not find each other; write it as a handler or a process, or leave out replicas`;
  }
  const own = GANG_VARIABLES.find((name) => Object.hasOwn(env, name));
  return own === undefined ? null : `it declares env ${own}, which its replicas are given; leave it out of env`;
}
