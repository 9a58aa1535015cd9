import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Servable } from '../lifecycle/servable.ts';
import { type LocalServing, startLocalServing } from '../testing/local-serving.suite.ts';
import { openClient } from '../testing/open-client.suite.ts';

/** Answers when it is let go. */
class Slow implements Servable {
  readonly signature = { inputs: [], outputs: [], rowwise: false, example: null };
  readonly alive = true;
  readonly held: (() => void)[] = [];

  async run() {
    await new Promise<void>((resolve) => this.held.push(resolve));
    return {};
  }

  async close() {}
}

const LARGE = `{"inputs":[]}${' '.repeat(15_000_000)}`;
let serving: LocalServing;
let models: readonly Slow[];
let client: ReturnType<typeof openClient>;
beforeEach(async () => {
  const loaded: Slow[] = [];
  models = loaded;
  serving = await startLocalServing(async () => {
    const slow = new Slow();
    loaded.push(slow);
    return slow;
  });
  for (const name of ['one', 'two']) await serving.apply(name, [{ path: name }]);
  client = openClient(serving.url, 10);
});
afterEach(async () => {
  client.close();
  await serving.close();
});

const ask = (model: string, headers: Record<string, string>) =>
  client.send('POST', `/v2/models/${model}/infer`, LARGE, headers);
/** Two large bodies, both of them held: each model computes one. */
async function fill(headers: Record<string, string>) {
  const answers = ['one', 'two'].map((model) => ask(model, headers));
  while (!models.every((model) => model.held.length === 1)) await delay(5);
  return answers;
}
/** A large body of which no more comes than this. */
function begin(model: string, sent: string) {
  const headers = { 'content-length': String(LARGE.length) };
  const begun = request(new URL(`/v2/models/${model}/infer`, serving.url), { method: 'POST', headers });
  begun.on('error', () => {});
  begun.write(sent);
  return begun;
}
function letGo() {
  for (const model of models) for (const answer of model.held.splice(0)) answer();
}

describe('bodies of many requests at once', () => {
  it.each([
    ['whose length is told', {}],
    ['whose length is not', { 'transfer-encoding': 'chunked' }],
  ])('%s are held up to a limit, and what is past it may come again', async (_which, headers) => {
    for (let time = 0; time < 2; time += 1) {
      const answers = await fill(headers);
      expect(await ask('one', headers)).toMatchObject({
        status: 503,
        headers: { 'retry-after': '1' },
        body: { error: expect.stringContaining('33554432 is the limit. Try again soon.') },
      });
      letGo();
      expect(await Promise.all(answers)).toMatchObject([{ status: 200 }, { status: 200 }]);
    }
  });

  it('are let go when their clients go, before the body has come and before the answer', async () => {
    for (const [model, sent] of [
      ['one', LARGE.slice(0, -1)],
      ['two', LARGE],
    ] as const) {
      const gone = begin(model, sent);
      while (model === 'two' && models[1]?.held.length === 0) await delay(5);
      await delay(50);
      gone.destroy();
    }
    letGo();
    await delay(50);
    const answers = await fill({});
    letGo();
    expect(await Promise.all(answers)).toMatchObject([{ status: 200 }, { status: 200 }]);
  });

  it('hold no more than has come of them, whatever length they tell', async () => {
    const stalled = ['one', 'two', 'one'].map((model) => begin(model, LARGE.slice(0, 1000)));
    await delay(50);
    const answers = await fill({});
    letGo();
    expect(await Promise.all(answers)).toMatchObject([{ status: 200 }, { status: 200 }]);
    for (const upload of stalled) upload.destroy();
  });

  it('are refused when they have not come within half a minute, and hold nothing from then on', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const stalled = ['one', 'two'].map((model) => once(begin(model, LARGE.slice(0, -1)), 'response'));
      // A body that has no room once all of both has come.
      const probe = ' '.repeat(33_554_432 - 2 * (LARGE.length - 1) + 1);
      const isFull = async () => (await client.send('POST', '/v2/models/none/infer', probe)).status === 503;
      while (!(await isFull())) await delay(5);
      vi.advanceTimersByTime(30_000);
      for (const [response] of await Promise.all(stalled)) {
        expect(response).toMatchObject({ statusCode: 408, headers: { connection: 'close' } });
        response.resume();
      }
      const answers = await fill({});
      vi.advanceTimersByTime(30_000);
      letGo();
      expect(await Promise.all(answers)).toMatchObject([{ status: 200 }, { status: 200 }]);
    } finally {
      vi.useRealTimers();
    }
  });
});
