import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scoringRows } from '../testing/open-client.suite.ts';
import { column, EXAMPLE, type RestEndpoints, startRestEndpoints, TYPES } from '../testing/rest-endpoints.suite.ts';

let rest: RestEndpoints;
beforeAll(async () => {
  rest = await startRestEndpoints();
});
afterAll(() => rest.close());

describe('what the server says of itself', () => {
  it('names itself, is live and ready', async () => {
    expect((await rest.serving.client.get('/v2')).body).toEqual({ name: 'millrace', version: '1.2.3', extensions: [] });
    expect(await rest.serving.client.get('/v2/health/live')).toMatchObject({ status: 200, body: { live: true } });
    expect(await rest.serving.client.get('/v2/health/ready/')).toMatchObject({ status: 200, body: { ready: true } });
    expect(await rest.serving.client.get('/v2/models/flights/ready')).toMatchObject({
      status: 200,
      body: { ready: true },
    });
    expect((await rest.serving.client.get('/v2/models/flights/versions/4/ready')).status).toBe(200);
    expect((await rest.serving.client.send('HEAD', '/v2/health/live')).text).toBe('');
  });

  it('describes an endpoint by the version with most traffic, with its example', async () => {
    const { body } = await rest.serving.client.get('/v2/models/flights?verbose=1');
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
    expect((await rest.serving.client.get('/v2/models/flights/versions/4')).body.parameters).not.toHaveProperty(
      'example',
    );
  });
});

describe('infer', () => {
  it('answers rows with model, version and id', async () => {
    const { status, body } = await rest.infer('flights', scoringRows([1, 2.5], { id: 'r-1' }));
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
    const { body } = await rest.inferAt('/v2/models/flights/versions/4/infer', scoringRows([1]));
    expect(body).toMatchObject({ model_version: '4', outputs: [{ data: [4001] }, {}, {}] });
  });

  it('gives only the outputs that are asked for', async () => {
    const { body } = await rest.infer('flights', { ...scoringRows([1]), outputs: [{ name: 'from' }] });
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
    expect((await rest.infer('flights', body)).body).toMatchObject({
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
    const { status, text } = await rest.infer('echo', `{"inputs":[${inputs.join(',')}]}`);
    expect(status).toBe(200);
    for (const [datatype, data] of Object.values(values)) {
      expect(text).toContain(`"datatype":"${datatype}","shape":[2],"data":${data}}`);
    }
  });

  it('carries a long integer beside a text of millions of escapes', async () => {
    const [, , distance] = scoringRows([1]).inputs;
    const inputs = [column('date', 'INT64', ['LONG']), column('origin', 'BYTES', ['"'.repeat(2_000_000)]), distance];
    const { status, text } = await rest.infer(
      'flights',
      JSON.stringify({ inputs }).replace('"LONG"', '9007199254740993'),
    );
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
      const { body } = await rest.infer('matrix', { inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 3], data }] });
      expect(body.outputs).toEqual([{ name: 'y', datatype: 'FP32', shape: [2, 3], data: [1, 2, 3, 4, 5, 6] }]);
    }
  });

  it('takes 64-bit integers as text too', async () => {
    const [, origin, distance] = scoringRows([1]).inputs;
    const { text } = await rest.infer('flights', {
      inputs: [column('date', 'INT64', ['-9007199254740993']), origin, distance],
    });
    expect(text).toContain('"name":"when","datatype":"INT64","shape":[1],"data":[-9007199254740993]');
  });

  it('answers each of many requests at once with its own rows', async () => {
    const many = Array.from({ length: 40 }, (_, index) =>
      Array.from({ length: (index % 3) + 1 }, (_, row) => index * 10 + row),
    );
    const replies = await rest.inferTogether(
      'flights',
      many.map((distances) => scoringRows(distances)),
    );
    replies.forEach((reply, index) => {
      const expected = many[index]?.map((distance) => distance + 3000);
      expect(reply.body).toMatchObject({ outputs: [{ data: expected }, {}, {}] });
    });
  });
});

describe('a model whose rows tell on each other', () => {
  const ask = async (endpoint: string, requests: readonly (readonly number[])[]) => {
    const replies = await rest.inferTogether(
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
