import { z } from 'zod';
import type { PipelineNode } from '../../ir/nodes/pipeline-node.ts';
import type { PipelineIR } from '../../ir/pipeline-ir.ts';
import { compilePipeline } from '../compile.ts';
import { CompileError } from '../compile-error.ts';
import { definePipeline } from '../define-pipeline.ts';
import { defineStep } from '../define-step.ts';
import type { PipelineOptions, RunInBody } from '../pipeline.ts';
import type { Ref } from '../ref.ts';
import type { Returnable } from '../wired.ts';

export const increment = defineStep({
  name: 'increment',
  input: z.object({ value: z.number(), label: z.string().optional() }),
  output: z.object({ value: z.number(), tags: z.array(z.string()) }),
}).implement(({ input }) => ({ value: input.value + 1, tags: [] }));

const params = z.object({ start: z.number(), names: z.array(z.string()).default([]) });
type Options = Partial<PipelineOptions<typeof params>>;
type Body = (context: { readonly params: Ref<z.output<typeof params>>; readonly run: RunInBody }) => Returnable;

/** Compiles a pipeline named `small` with the parameters `start` and `names`. */
export function compileSmall(body: Body, options: Options = {}): PipelineIR {
  return compilePipeline(definePipeline({ name: 'small', params, ...options }, body));
}

/** The nodes of a body, by name. */
export function nodesOf(body: Body): Readonly<Record<string, PipelineNode>> {
  return Object.fromEntries(compileSmall(body).body.nodes.map((node) => [node.name, node]));
}

/** The code and message that a refusal comes with. @throws Error when nothing is refused. */
export function refusalOf(act: () => unknown): { readonly code: string; readonly message: string } {
  try {
    act();
  } catch (error) {
    if (error instanceof CompileError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('Nothing was refused.');
}
