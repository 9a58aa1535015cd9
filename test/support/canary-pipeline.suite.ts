import { setTimeout as delay } from 'node:timers/promises';
import { definePipeline, defineStep, secret } from 'millrace';
import { z } from 'zod';

/** Puts its secret wherever a handler can put something. */
const leak = defineStep({
  name: 'leak',
  input: z.object({ how: z.string() }),
  output: z.object({ text: z.string() }),
  secrets: { key: secret('canary-key') },
  retry: { attempts: 2, backoff: '100ms' },
}).implement(async ({ input, task }) => {
  const key = task.secret('key');
  const forms = [key, JSON.stringify({ key }), Buffer.from(key).toString('base64'), encodeURIComponent(key)];
  for (const form of forms) {
    console.log(`printed ${form}`);
    console.error(`printed ${form}`);
    task.log.warn(`logged ${form}`, { key: form });
    task.progress(0.5, `progress ${form}`);
    // So that the heartbeats have each of them.
    await delay(1_100);
  }
  await task.checkpoint({ key }).catch(() => undefined);
  await task.write('file', async () => undefined, { key }).catch(() => undefined);
  if (input.how === 'succeed') return { text: 'done' };
  if (input.how === 'return') return { text: `Basic ${Buffer.from(`user:${key}`).toString('base64')}` };
  throw Object.assign(new Error(`refused ${forms.join(' ')}`, { cause: new Error(key) }), { name: `Refused ${key}` });
});

export default definePipeline({ name: 'canary', params: z.object({ how: z.string() }) }, ({ params }) => {
  leak({ how: params.how });
});
