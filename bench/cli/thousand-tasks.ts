/** The text of a pipeline file with 1,000 tasks of 10 steps: 100 chains of 10 side by side, all gathered at the end. */
export function thousandTasks(): string {
  const steps = Array.from(
    { length: 10 },
    (_, step) => `const step${step} = defineStep({
  name: 'step-${step}',
  input: z.object({ value: z.number() }),
  output: z.object({ value: z.number() }),
}).implement(async ({ input }) => ({ value: input.value + ${step} }));`,
  );
  const chains = Array.from({ length: 100 }, (_, chain) =>
    Array.from({ length: 10 }, (_, step) => {
      const input = step === 0 ? String(chain) : `c${chain}s${step - 1}.value`;
      return `  const c${chain}s${step} = step${step}({ value: ${input} }, { name: 'c${chain}s${step}' });`;
    }).join('\n'),
  );
  const outputs = Array.from({ length: 100 }, (_, chain) => `c${chain}s9.value`);
  return `import { definePipeline, defineStep } from 'millrace';
import { z } from 'zod';

${steps.join('\n\n')}

export default definePipeline({ name: 'thousand-tasks', params: z.object({}) }, () => {
${chains.join('\n')}
  return [${outputs.join(', ')}];
});
`;
}
