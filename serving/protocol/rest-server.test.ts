import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServing } from '../testing/build-serving.suite.ts';
import { type LocalServing, startLocalServing } from '../testing/local-serving.suite.ts';
import { openClient, scoringRows } from '../testing/open-client.suite.ts';
import {
  centringModel,
  echoModel,
  matrixModel,
  pickyModel,
  scoringModel,
  summingModel,
  writeModelFile,
  writeModelFolder,
} from '../testing/tiny-models.suite.ts';

const EXAMPLE = { date: '978307200000000', origin: 'SFO', distance: 337.5 };
const TYPES = [
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

let serving: LocalServing;
/** Asks on many connections, so that requests meet. */
let crowd: ReturnType<typeof openClient>;

beforeAll(async () => {
  buildServing();
  serving = await startLocalServing();
  const { folder, apply } = serving;
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
  crowd = openClient(serving.url, 40);
});
afterAll(async () => {
  crowd.close();
  await serving.close();
});

const inferAt = (path: string, body: string | Buffer | object, headers?: Record<string, string>) =>
  serving.client.send('POST', path, body, headers);
const infer = (endpoint: string, body: string | Buffer | object) => inferAt(`/v2/models/${endpoint}/infer`, body);
const inferTogether = (endpoint: string, bodies: readonly object[]) =>
  Promise.all(bodies.map((body) => crowd.send('POST', `/v2/models/${endpoint}/infer`, body)));
const column = (name: string, datatype: string, data: readonly unknown[]) => ({
  name,
  datatype,
  shape: [data.length],
  data,
});

describe('what the server says of itself', () => {
  it('names itself, is live and ready', async () => {
    expect((await serving.client.get('/v2')).body).toEqual({ name: 'millrace', version: '1.2.3', extensions: [] });
    expect(await serving.client.get('/v2/health/live')).toMatchObject({ status: 200, body: { live: true } });
    expect(await serving.client.get('/v2/health/ready/')).toMatchObject({ status: 200, body: { ready: true } });
    expect(await serving.client.get('/v2/models/flights/ready')).toMatchObject({ status: 200, body: { ready: true } });
    expect((await serving.client.get('/v2/models/flights/versions/4/ready')).status).toBe(200);
    expect((await serving.client.send('HEAD', '/v2/health/live')).text).toBe('');
  });

  it('describes an endpoint by the version with most traffic, with its example', async () => {
    const { body } = await serving.client.get('/v2/models/flights?verbose=1');
    expect(body).toEqual({
      name: 'flights',
      versions: ['3', '4'],
      platform: 'onnxruntime_onnx',
      inputs: [
        { name: 'date', datatype: 'INT64', shape: [-1] },
        { name: 'origin', datatype: 'BYTES', shape: [-1] },
        { name: 'distance', datatype: 'FP32', shape: [-1, 1] },
      ],
      outputs: [
        { name: 'score', datatype: 'FP32', shape: [-1, 1] },
        { name: 'when', datatype: 'INT64', shape: [-1] },
        { name: 'from', datatype: 'BYTES', shape: [-1] },
      ],
      parameters: {
        model: 'delay',
        version: '3',
        traffic: [
          { model: 'delay', version: 3, percent: 100 },
          { model: 'delay', version: 4, percent: 0 },
        ],
        example: EXAMPLE,
      },
    });
    expect((await serving.client.get('/v2/models/flights/versions/4')).body.parameters).not.toHaveProperty('example');
  });
});

describe('infer', () => {
  it('answers rows with model, version and id', async () => {
    const { status, body } = await infer('flights', scoringRows([1, 2.5], { id: 'r-1' }));
    expect(status).toBe(200);
    expect(body).toEqual({
      model_name: 'flights',
      model_version: '3',
      id: 'r-1',
      parameters: { model: 'delay' },
      outputs: [
        { name: 'score', datatype: 'FP32', shape: [2, 1], data: [3001, 3002.5] },
        { name: 'when', datatype: 'INT64', shape: [2], data: [978307200000000, 978307200000000] },
        { name: 'from', datatype: 'BYTES', shape: [2], data: ['A1', 'A2.5'] },
      ],
    });
  });

  it('answers by the version in the path, also one without traffic', async () => {
    const { body } = await inferAt('/v2/models/flights/versions/4/infer', scoringRows([1]));
    expect(body).toMatchObject({ model_version: '4', outputs: [{ data: [4001] }, {}, {}] });
  });

  it('gives only the outputs that are asked for', async () => {
    const { body } = await infer('flights', { ...scoringRows([1]), outputs: [{ name: 'from' }] });
    expect(body.outputs).toEqual([{ name: 'from', datatype: 'BYTES', shape: [1], data: ['A1'] }]);
  });

  it.each([
    { shape: [2], data: [1, 2] },
    { shape: [2, 1], data: [1, 2] },
    { shape: [2, 1], data: [[1], [2]] },
  ])('takes a column as $shape with data $data', async (distance) => {
    const { inputs } = scoringRows([1, 2]);
    const [date, origin] = inputs;
    const dates = { ...date, shape: [2, 1] };
    const body = { inputs: [dates, origin, { name: 'distance', datatype: 'FP32', ...distance }] };
    expect((await infer('flights', body)).body).toMatchObject({
      outputs: [{ shape: [2, 1], data: [3001, 3002] }, {}, {}],
    });
  });

  it('carries every datatype whole', async () => {
    const values: Record<(typeof TYPES)[number], [string, string]> = {
      bool: ['BOOL', '[true,false]'],
      int8: ['INT8', '[-128,127]'],
      int16: ['INT16', '[-32768,32767]'],
      int32: ['INT32', '[-2147483648,2147483647]'],
      int64: ['INT64', '[-9223372036854775808,9223372036854775807]'],
      uint8: ['UINT8', '[0,255]'],
      uint16: ['UINT16', '[0,65535]'],
      uint32: ['UINT32', '[0,4294967295]'],
      uint64: ['UINT64', '[9007199254740993,18446744073709551615]'],
      float32: ['FP32', '[0.5,null]'],
      float64: ['FP64', '[0.12345678901234568,12345678901234567000]'],
      string: ['BYTES', String.raw`["9007199254740993: \"Zürich\\","東京 🚄"]`],
    };
    const inputs = TYPES.map((type) => {
      const [datatype, data] = values[type];
      return `{"name":"${type}","datatype":"${datatype}","shape":[2],"data":${data}}`;
    });
    const { status, text } = await infer('echo', `{"inputs":[${inputs.join(',')}]}`);
    expect(status).toBe(200);
    for (const [datatype, data] of Object.values(values)) {
      expect(text).toContain(`"datatype":"${datatype}","shape":[2],"data":${data}}`);
    }
  });

  it('carries a long integer beside a text of millions of escapes', async () => {
    const [, , distance] = scoringRows([1]).inputs;
    const inputs = [column('date', 'INT64', ['LONG']), column('origin', 'BYTES', ['"'.repeat(2_000_000)]), distance];
    const { status, text } = await infer('flights', JSON.stringify({ inputs }).replace('"LONG"', '9007199254740993'));
    expect(status).toBe(200);
    expect(text).toContain('"data":[9007199254740993]');
  });

  it('takes a matrix flat or nested, row after row', async () => {
    for (const data of [
      [1, 2, 3, 4, 5, 6],
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ]) {
      const { body } = await infer('matrix', { inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 3], data }] });
      expect(body.outputs).toEqual([{ name: 'y', datatype: 'FP32', shape: [2, 3], data: [1, 2, 3, 4, 5, 6] }]);
    }
  });

  it('takes 64-bit integers as text too', async () => {
    const [, origin, distance] = scoringRows([1]).inputs;
    const { text } = await infer('flights', {
      inputs: [column('date', 'INT64', ['-9007199254740993']), origin, distance],
    });
    expect(text).toContain('"name":"when","datatype":"INT64","shape":[1],"data":[-9007199254740993]');
  });

  it('answers each of many requests at once with its own rows', async () => {
    const many = Array.from({ length: 40 }, (_, index) =>
      Array.from({ length: (index % 3) + 1 }, (_, row) => index * 10 + row),
    );
    const replies = await inferTogether(
      'flights',
      many.map((distances) => scoringRows(distances)),
    );
    replies.forEach((reply, index) => {
      const expected = many[index]?.map((distance) => distance + 3000);
      expect(reply.body).toMatchObject({ outputs: [{ data: expected }, {}, {}] });
    });
  });
});

describe('a bad request', () => {
  const [date, origin, distance] = scoringRows([1]).inputs;
  const rows = (...inputs: unknown[]) => ({ inputs });

  it.each<[string, string, string | Buffer | object, number, string]>([
    ['malformed JSON', 'flights', '{"inputs": [', 400, 'The body is no JSON'],
    ['an empty body', 'flights', '', 400, 'The body is no JSON'],
    ['bytes that are no UTF-8', 'flights', Buffer.from([0x22, 0xff, 0x22]), 400, 'no UTF-8'],
    ['a body that is no object', 'flights', '[]', 400, 'The body is no JSON object'],
    ['no inputs', 'flights', {}, 400, "'inputs' must be a list"],
    ['an input with no name', 'flights', rows({}), 400, "Each of 'inputs' must be an object with a 'name'"],
    ['an input twice', 'flights', rows(date, date), 400, "'date' stands twice"],
    [
      'a missing input',
      'flights',
      rows(date, origin),
      400,
      "Input 'distance' is missing. Inputs: date, origin, distance",
    ],
    [
      'an unknown input',
      'flights',
      rows(date, origin, distance, column('x', 'FP32', [1])),
      400,
      "There is no input 'x'",
    ],
    ['an unknown output', 'flights', { ...scoringRows([1]), outputs: [{ name: 'p' }] }, 400, "There is no output 'p'"],
    ['an id that is no text', 'flights', scoringRows([1], { id: 7 }), 400, "'id' must be a text"],
    [
      'another datatype',
      'flights',
      rows(date, origin, { ...distance, datatype: 'FP64' }),
      400,
      'has datatype "FP64"; the model takes \'FP32\'',
    ],
    [
      'no datatype',
      'flights',
      rows(date, origin, { name: 'distance', shape: [1], data: [1] }),
      400,
      'has datatype none',
    ],
    ['no shape', 'flights', rows(date, origin, { ...distance, shape: undefined }), 400, "has no 'shape'"],
    ['a shape of texts', 'flights', rows(date, origin, { ...distance, shape: ['1'] }), 400, "has no 'shape'"],
    [
      'another shape',
      'flights',
      rows(date, origin, { ...distance, shape: [1, 2] }),
      400,
      'has shape [1, 2]; the model takes [N, 1]',
    ],
    ['no rows', 'flights', scoringRows([]), 400, 'holds no rows'],
    [
      'fewer values than the shape says',
      'flights',
      rows(date, origin, { ...distance, shape: [2] }),
      400,
      'has 1 values, and its shape [2] says 2',
    ],
    [
      'data nested deeper than its shape',
      'flights',
      rows(date, origin, { ...distance, shape: [2], data: [[1, 2]] }),
      400,
      "Input 'distance' has data nested otherwise than its shape [2] says",
    ],
    [
      'ragged data',
      'flights',
      rows(date, origin, { ...distance, shape: [2, 1], data: [[1], [[2]]] }),
      400,
      "Input 'distance' has data nested otherwise than its shape [2, 1] says",
    ],
    [
      'lists of too many values',
      'flights',
      rows(date, origin, { ...distance, shape: [2, 1], data: [[1, 2]] }),
      400,
      "Input 'distance' has data nested otherwise than its shape [2, 1] says",
    ],
    [
      'a matrix turned over',
      'matrix',
      rows({
        name: 'x',
        datatype: 'FP32',
        shape: [2, 3],
        data: [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
      }),
      400,
      "Input 'x' has data nested otherwise than its shape [2, 3] says",
    ],
    [
      'a list among flat values',
      'flights',
      rows(date, origin, { ...distance, shape: [2], data: [1, [2]] }),
      400,
      'has a list at index 1',
    ],
    [
      'binary data',
      'flights',
      rows(date, origin, { ...distance, data: undefined }),
      400,
      'binary tensor data is not supported',
    ],
    [
      'columns of other lengths',
      'flights',
      rows(date, origin, { ...distance, shape: [2], data: [1, 2] }),
      400,
      "'date' has 1 rows and 'distance' has 2",
    ],
    [
      'text for a number',
      'flights',
      rows(date, origin, { ...distance, data: ['1'] }),
      400,
      `Input 'distance' has "1" at index 0`,
    ],
    [
      'a number out of range',
      'flights',
      rows(date, origin, { ...distance, data: [1e300] }),
      400,
      'has 1e+300 at index 0',
    ],
    [
      'a number for text',
      'flights',
      rows(date, column('origin', 'BYTES', [1]), distance),
      400,
      "Input 'origin' has 1 at index 0",
    ],
    ['a NUL in a text', 'flights', rows(date, column('origin', 'BYTES', ['a\0b']), distance), 400, 'without NUL'],
    [
      'half a surrogate pair',
      'flights',
      rows(date, column('origin', 'BYTES', ['\ud800']), distance),
      400,
      'broken surrogates',
    ],
    [
      'a null integer',
      'flights',
      rows(column('date', 'INT64', [null]), origin, distance),
      400,
      "Input 'date' has null at index 0",
    ],
    [
      'a fraction for an integer',
      'flights',
      rows(column('date', 'INT64', [1.5]), origin, distance),
      400,
      'has 1.5 at index 0',
    ],
    [
      'an integer past 64 bits',
      'flights',
      rows(column('date', 'INT64', ['9223372036854775808']), origin, distance),
      400,
      'has "9223372036854775808" at index 0',
    ],
    [
      'values that the model cannot compute',
      'picky',
      rows(column('text', 'BYTES', ['abc'])),
      400,
      'The model cannot compute these values',
    ],
    [
      'an unknown endpoint',
      'fligths',
      scoringRows([1]),
      404,
      "There is no endpoint 'fligths' here. Endpoints: flights, picky",
    ],
    ['an endpoint with no traffic', 'nobody', scoringRows([1]), 503, "Endpoint 'nobody' has no traffic"],
    [
      'an unknown version',
      'flights/versions/9',
      scoringRows([1]),
      404,
      'does not serve version 9. Versions: delay v3, delay v4',
    ],
    ['a version that is no number', 'flights/versions/latest', scoringRows([1]), 404, "'latest' is no version"],
    ['a path that leads nowhere', 'flights/explain', scoringRows([1]), 404, 'There is nothing at'],
    ['a path badly encoded', '%E0%A4%A', scoringRows([1]), 400, 'not well encoded'],
  ])('with %s is refused', async (_what, endpoint, body, status, message) => {
    const reply = await infer(endpoint, body);
    expect(reply.status).toBe(status);
    expect(Object.keys(reply.body)).toEqual(['error']);
    expect(reply.body.error).toContain(message);
    expect(reply.headers['content-type']).toBe('application/json');
  });

  const deep = `${'['.repeat(20_000)}1${']'.repeat(20_000)}`;
  const deepObject = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
  const distanceOf = (more: string) =>
    `{"inputs":[${JSON.stringify([date, origin]).slice(1, -1)},{"name":"distance",${more}}]}`;
  it.each([
    ['20,000 lists in each other', distanceOf(`"datatype":"FP32","shape":[1],"data":${deep}`), 'nested otherwise'],
    [
      'as many of 64-bit integers',
      `{"inputs":[{"name":"date","datatype":"INT64","shape":[1],"data":${deep}}]}`,
      'nested',
    ],
    ['an object as deep', distanceOf(`"datatype":"FP32","shape":[1],"data":[${deepObject}]`), 'an object at index 0'],
    ['a datatype as deep', distanceOf(`"datatype":${deep},"shape":[1],"data":[1]`), 'has datatype a list'],
    ['an input as deep', `{"inputs":${deep}}`, "Each of 'inputs' must be an object"],
    ['2,000,000 lists that nobody closes', '['.repeat(2_000_000), 'The body is no JSON'],
    ['2,000,000 lists', `${'['.repeat(2_000_000)}${']'.repeat(2_000_000)}`, 'The body is no JSON object'],
  ])('of %s is the mistake of who sent it', async (_what, body, message) => {
    const reply = await infer('flights', body);
    expect(reply).toMatchObject({ status: 400, body: { error: expect.stringContaining(message) } });
  });

  it('names the endpoint', async () => {
    expect((await infer('flights', rows(date, origin))).body.error).toMatch(/^Endpoint 'flights': Input 'distance'/);
  });

  it('by another method is told which to use', async () => {
    const get = await serving.client.get('/v2/models/flights/infer');
    expect(get).toMatchObject({
      status: 405,
      headers: { allow: 'POST' },
      body: { error: 'GET is not possible here. Use POST.' },
    });
    expect(await serving.client.send('DELETE', '/v2/models/flights')).toMatchObject({
      status: 405,
      headers: { allow: 'GET' },
    });
  });

  it('past the size limit is refused, whether its length is told or not', async () => {
    const large = Buffer.alloc(17 * 1024 * 1024, 0x20);
    for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
      const reply = await inferAt('/v2/models/flights/infer', large, headers).catch(
        (error: NodeJS.ErrnoException) => error,
      );
      // The server may close the connection while the client still sends.
      if (reply instanceof Error) expect(['EPIPE', 'ECONNRESET']).toContain(reply.code);
      else expect(reply).toMatchObject({ status: 413, headers: { connection: 'close' } });
    }
    expect((await infer('flights', scoringRows([1]))).status).toBe(200);
  });

  it('that is compressed is refused', async () => {
    const reply = await inferAt('/v2/models/flights/infer', '{}', { 'content-encoding': 'gzip' });
    expect(reply).toMatchObject({ status: 400, body: { error: expect.stringContaining('Send it uncompressed') } });
  });

  it.each<Record<string, string>>([
    { host: 'evil.example' },
    { host: 'localhost.evil.example:7430' },
    { origin: 'http://evil.example' },
    { origin: 'null' },
  ])('of a stranger, with %j, is refused whatever it asks', async (headers) => {
    const asked = await inferAt('/v2/models/flights/infer', scoringRows([1]), headers);
    const name = Object.values(headers)[0] ?? '';
    expect(asked).toMatchObject({ status: 403, body: { error: expect.stringContaining(name) } });
    expect((await serving.client.send('GET', '/v2/health/live', undefined, headers)).status).toBe(403);
  });

  it("is not one for its content type, nor for this machine's own name and origin", async () => {
    for (const host of ['localhost:7430', '[::1]', '127.0.0.1']) {
      const headers = { host, origin: `http://${host}`, 'content-type': 'text/plain' };
      expect((await inferAt('/v2/models/flights/infer', scoringRows([1]), headers)).status).toBe(200);
    }
  });

  it('is not one for its name where serving is opened to others', async () => {
    const open = await startLocalServing(undefined, true);
    const headers = { host: 'models.example', origin: 'https://models.example' };
    expect((await open.client.send('GET', '/v2/health/live', undefined, headers)).status).toBe(200);
    await open.close();
  });

  it('does not fail those that arrive with it', async () => {
    const texts = ['1', 'abc', '3', '', '5'];
    const replies = await inferTogether(
      'picky',
      texts.map((text) => rows(column('text', 'BYTES', [text]))),
    );
    expect(replies.map((reply) => reply.status)).toEqual([200, 400, 200, 400, 200]);
    expect(replies[4]?.body).toMatchObject({ outputs: [{ data: [5] }] });
  });
});

describe('a model whose rows tell on each other', () => {
  const ask = async (endpoint: string, requests: readonly (readonly number[])[]) => {
    const replies = await inferTogether(
      endpoint,
      requests.map((data) => ({ inputs: [column('x', 'FP32', data)] })),
    );
    return replies.map(({ body }) => (body.outputs as { data: unknown }[]).flatMap((output) => output.data));
  };

  it('sees each request by itself', async () => {
    expect(
      await ask('sum', [
        [1, 1],
        [2, 2],
        [3, 3],
      ]),
    ).toEqual([[2], [4], [6]]);
    expect(await ask('centre', [[10], [20], [30], [1, 3]])).toEqual([[0], [0], [0], [-1, 1]]);
  });
});
