import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadOnnx } from '../onnx/onnx-loader.ts';
import { buildServing } from '../testing/build-serving.suite.ts';
import { type LocalServing, startLocalServing } from '../testing/local-serving.suite.ts';
import { openClient, scoringRows } from '../testing/open-client.suite.ts';
import { scoringModel, writeModelFile, writeModelFolder } from '../testing/tiny-models.suite.ts';
import type { Servable } from './servable.ts';

let serving: LocalServing;
const loaded: Servable[] = [];

beforeAll(buildServing);
afterEach(async () => {
  await serving.close();
  loaded.length = 0;
});

const start = async () => {
  serving = await startLocalServing(async (path) => {
    const servable = await loadOnnx(path);
    loaded.push(servable);
    return servable;
  });
  const version = (number: number) => writeModelFile(join(serving.folder, `v${number}.onnx`), scoringModel(number));
  return {
    version,
    apply: async (number: number) => serving.apply('flights', [{ version: number, path: await version(number) }]),
  };
};
const score = (distance: number) => serving.client.send('POST', '/v2/models/flights/infer', scoringRows([distance]));
const alive = () => loaded.map((servable) => servable.alive);
const until = async (done: () => boolean) => {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('a swap of versions', () => {
  it('fails no request of a constant load, and each answer is of the version that it names', async () => {
    const { apply } = await start();
    await apply(1);
    let swapping = true;
    const seen = new Set<string>();
    const ask = async (client: ReturnType<typeof openClient>, distance: number) => {
      const { status, body } = await client.send(
        'POST',
        '/v2/models/flights/infer',
        scoringRows([distance, distance + 0.5]),
      );
      expect(status).toBe(200);
      const version = String(body.model_version);
      const whole = Number(version) * 1000 + distance;
      expect(body).toMatchObject({
        outputs: [{ data: [whole, whole + 0.5] }, {}, { data: [`A${distance}`, `A${distance + 0.5}`] }],
      });
      seen.add(version);
    };
    const clients = Array.from({ length: 6 }, () => openClient(serving.url));
    const load = clients.map(async (client, index) => {
      for (let request = 0; swapping; request += 1) await ask(client, index * 100 + (request % 100));
      client.close();
    });
    for (const version of [2, 3]) {
      await until(() => seen.has(String(version - 1)));
      await apply(version);
    }
    await until(() => seen.has('3'));
    swapping = false;
    await Promise.all(load);

    expect([...seen].sort()).toEqual(['1', '2', '3']);
    await until(() => loaded[0]?.alive === false && loaded[1]?.alive === false);
    expect(alive()).toEqual([false, false, true]);
  });

  it('lets a request end on the version that it began with', async () => {
    const { apply } = await start();
    await apply(1);
    const handle = serving.manager.handle('flights', 'byTraffic');
    await apply(2);
    expect((await score(1)).body.model_version).toBe('2');
    expect(alive()).toEqual([true, true]);
    handle.release();
    await until(() => loaded[0]?.alive === false);
    expect(alive()).toEqual([false, true]);
  });

  it('loads what stays only once', async () => {
    const { version, apply } = await start();
    await apply(1);
    const shares = [
      { version: 1, percent: 50, path: await version(1) },
      { version: 2, percent: 50, path: await version(2) },
    ];
    await serving.apply('flights', shares);
    await serving.apply('other', [{ version: 7, path: await version(2) }]);
    expect(loaded).toHaveLength(2);
    expect((await serving.client.send('POST', '/v2/models/other/infer', scoringRows([1]))).body).toMatchObject({
      model_name: 'other',
      model_version: '7',
      outputs: [{ data: [2001] }, {}, {}],
    });
    await serving.apply('flights', [{ version: 1, path: await version(1) }]);
    expect(alive()).toEqual([true, true]);
    await serving.apply('other', []);
    await until(() => loaded[1]?.alive === false);
    expect(alive()).toEqual([true, false]);
  });
});

describe('a version that cannot be loaded', () => {
  it.each([
    ['a file that is no model', 'no model at all', 'v2 could not be loaded'],
    ['a file that is gone', null, 'Was it removed?'],
  ])('leaves the former one serving: %s', async (_what, content, message) => {
    const { version, apply } = await start();
    await apply(1);
    const path = join(serving.folder, 'bad.onnx');
    if (content !== null) await writeModelFile(path, Buffer.from(content));
    const shares = [
      { version: 3, percent: 50, path: await version(3) },
      { version: 2, percent: 50, path },
    ];
    await expect(serving.apply('flights', shares)).rejects.toThrow(message);
    expect((await score(1)).body).toMatchObject({ model_version: '1', outputs: [{ data: [1001] }, {}, {}] });
    await until(() => loaded[1]?.alive === false);
    expect(alive()).toEqual([true, false]);
    await apply(4);
    expect((await score(1)).body.model_version).toBe('4');
  });

  it('is refused for an example that the model does not compute', async () => {
    await start();
    const folder = join(serving.folder, 'v1');
    const path = await writeModelFolder(folder, scoringModel(1), { date: 'yesterday', origin: 'SFO', distance: 1 });
    await expect(serving.apply('flights', [{ path }])).rejects.toThrow(`'date' has "yesterday"`);
    await expect(
      serving.apply('flights', [{ path: await writeModelFolder(folder, scoringModel(1), { origin: 'SFO' }) }]),
    ).rejects.toThrow("has no 'date'");
  });
});

describe('a model whose file is removed while it is served', () => {
  it('answers on', async () => {
    const { version, apply } = await start();
    await apply(1);
    const path = await version(1);
    await rm(path);
    expect(existsSync(path)).toBe(false);
    expect((await score(2)).body).toMatchObject({ outputs: [{ data: [1002] }, {}, {}] });
  });
});
