import { join } from 'node:path';
import { buildServing } from './build-serving.suite.ts';
import { type LocalServing, startLocalServing } from './local-serving.suite.ts';
import { openClient } from './open-client.suite.ts';
import {
  centringModel,
  echoModel,
  matrixModel,
  pickyModel,
  scoringModel,
  summingModel,
  writeModelFile,
  writeModelFolder,
} from './tiny-models.suite.ts';

export const EXAMPLE = { date: '978307200000000', origin: 'SFO', distance: 337.5 };
export const TYPES = [
  'bool',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'float32',
  'float64',
  'string',
] as const;

/** A server with an endpoint of each of the tiny models. */
export async function startRestEndpoints() {
  buildServing();
  const serving = await startLocalServing();
  await applyAll(serving);
  // Asks on many connections, so that requests meet.
  const crowd = openClient(serving.url, 40);
  const inferAt = (path: string, body: string | Buffer | object, headers?: Record<string, string>) =>
    serving.client.send('POST', path, body, headers);
  return {
    serving,
    inferAt,
    infer: (endpoint: string, body: string | Buffer | object) => inferAt(`/v2/models/${endpoint}/infer`, body),
    inferTogether: (endpoint: string, bodies: readonly object[]) =>
      Promise.all(bodies.map((body) => crowd.send('POST', `/v2/models/${endpoint}/infer`, body))),
    close: async () => {
      crowd.close();
      await serving.close();
    },
  };
}
export type RestEndpoints = Awaited<ReturnType<typeof startRestEndpoints>>;

async function applyAll({ folder, apply }: LocalServing): Promise<void> {
  await apply('flights', [
    { model: 'delay', version: 3, path: await writeModelFolder(join(folder, 'v3'), scoringModel(3), EXAMPLE) },
    { model: 'delay', version: 4, percent: 0, path: await writeModelFile(join(folder, 'v4.onnx'), scoringModel(4)) },
  ]);
  await apply('picky', [{ path: await writeModelFolder(join(folder, 'picky'), pickyModel(), { text: '1' }) }]);
  await apply('sum', [{ path: await writeModelFolder(join(folder, 'sum'), summingModel(), { x: 1 }) }]);
  await apply('centre', [{ path: await writeModelFolder(join(folder, 'centre'), centringModel(), { x: 1 }) }]);
  await apply('echo', [{ path: await writeModelFile(join(folder, 'echo.onnx'), echoModel(TYPES)) }]);
  await apply('matrix', [{ path: await writeModelFile(join(folder, 'matrix.onnx'), matrixModel()) }]);
  await apply('nobody', []);
}

export const column = (name: string, datatype: string, data: readonly unknown[]) => ({
  name,
  datatype,
  shape: [data.length],
  data,
});
