import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLocalServing } from '../testing/local-serving.suite.ts';
import { scoringRows } from '../testing/open-client.suite.ts';
import { column, type RestEndpoints, startRestEndpoints } from '../testing/rest-endpoints.suite.ts';

let rest: RestEndpoints;
beforeAll(async () => {
  rest = await startRestEndpoints();
});
afterAll(() => rest.close());

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
    const reply = await rest.infer(endpoint, body);
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
    const reply = await rest.infer('flights', body);
    expect(reply).toMatchObject({ status: 400, body: { error: expect.stringContaining(message) } });
  });

  it('names the endpoint', async () => {
    expect((await rest.infer('flights', rows(date, origin))).body.error).toMatch(
      /^Endpoint 'flights': Input 'distance'/,
    );
  });

  it('by another method is told which to use', async () => {
    const get = await rest.serving.client.get('/v2/models/flights/infer');
    expect(get).toMatchObject({
      status: 405,
      headers: { allow: 'POST' },
      body: { error: 'GET is not possible here. Use POST.' },
    });
    expect(await rest.serving.client.send('DELETE', '/v2/models/flights')).toMatchObject({
      status: 405,
      headers: { allow: 'GET' },
    });
  });

  it('past the size limit is refused, whether its length is told or not', async () => {
    const large = Buffer.alloc(17 * 1024 * 1024, 0x20);
    for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
      const reply = await rest
        .inferAt('/v2/models/flights/infer', large, headers)
        .catch((error: NodeJS.ErrnoException) => error);
      // The server may close the connection while the client still sends.
      if (reply instanceof Error) expect(['EPIPE', 'ECONNRESET']).toContain(reply.code);
      else expect(reply).toMatchObject({ status: 413, headers: { connection: 'close' } });
    }
    expect((await rest.infer('flights', scoringRows([1]))).status).toBe(200);
  });

  it('that is compressed is refused', async () => {
    const reply = await rest.inferAt('/v2/models/flights/infer', '{}', { 'content-encoding': 'gzip' });
    expect(reply).toMatchObject({ status: 400, body: { error: expect.stringContaining('Send it uncompressed') } });
  });

  it.each<Record<string, string>>([
    { host: 'evil.example' },
    { host: 'localhost.evil.example:7430' },
    { origin: 'http://evil.example' },
    { origin: 'null' },
  ])('of a stranger, with %j, is refused whatever it asks', async (headers) => {
    const asked = await rest.inferAt('/v2/models/flights/infer', scoringRows([1]), headers);
    const name = Object.values(headers)[0] ?? '';
    expect(asked).toMatchObject({ status: 403, body: { error: expect.stringContaining(name) } });
    expect((await rest.serving.client.send('GET', '/v2/health/live', undefined, headers)).status).toBe(403);
  });

  it("is not one for its content type, nor for this machine's own name and origin", async () => {
    for (const host of ['localhost:7430', '[::1]', '127.0.0.1']) {
      const headers = { host, origin: `http://${host}`, 'content-type': 'text/plain' };
      expect((await rest.inferAt('/v2/models/flights/infer', scoringRows([1]), headers)).status).toBe(200);
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
    const replies = await rest.inferTogether(
      'picky',
      texts.map((text) => rows(column('text', 'BYTES', [text]))),
    );
    expect(replies.map((reply) => reply.status)).toEqual([200, 400, 200, 400, 200]);
    expect(replies[4]?.body).toMatchObject({ outputs: [{ data: [5] }] });
  });
});
