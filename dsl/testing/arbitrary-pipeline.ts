import fc from 'fast-check';
import type { PipelineDefinition } from '../pipeline.ts';
import { type Recipe, recipes } from './recipe.ts';
import { pipelineOf } from './recipe-pipeline.ts';
import { type Expected, referenceOf } from './recipe-reference.ts';

export { handlers } from './tiny-steps.ts';
export type { Expected };

/** A random pipeline, parameters for a run of it, and what the run must end with. */
export interface ArbitraryPipeline {
  readonly recipe: Recipe;
  readonly pipeline: PipelineDefinition;
  readonly params: { readonly start: number };
  readonly expected: Expected;
}

/** Pipelines with every form of control flow. Sleeps and approvals in them last a millisecond. */
export const arbitraryPipeline: fc.Arbitrary<ArbitraryPipeline> = fc
  .record({ recipe: recipes, start: fc.nat(50) })
  .map(({ recipe, start }) => ({
    recipe,
    pipeline: pipelineOf(recipe),
    params: { start },
    expected: referenceOf(recipe, start),
  }));
