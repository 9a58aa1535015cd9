import { approval, definePipeline, defineStep, eq, when } from 'millrace';
import { z } from 'zod';

const work = defineStep({
  name: 'work',
  input: z.object({ how: z.string() }),
  output: z.object({ how: z.string() }),
  retry: { attempts: 1 },
  cache: 'off',
}).implement(async ({ input }) => {
  if (input.how === 'fail') throw new Error('the rows are gone');
  return { how: input.how };
});

/** Fails, or asks. */
export default definePipeline({ name: 'notified', params: z.object({ how: z.string() }) }, ({ params }) => {
  const { how } = work({ how: params.how });
  when(eq(how, 'ask'), {
    name: 'gate',
    do: () => approval({ name: 'ship', message: 'Ship it?', timeout: '1h', onTimeout: 'fail' }),
  });
});
