import { dataset, defineStep, model, predictions } from 'millrace';
import { appendFloats, identifier, readColumns, scan, withDuckDB, writeParquet } from 'millrace/data';
import { openSession } from 'millrace/onnx';
import { Tensor } from 'onnxruntime-node';
import { z } from 'zod';

/** Scores rows with the very ONNX file that is served: what Python trained, Node answers with. */
export const score = defineStep({
  name: 'score',
  input: z.object({ model: model(), rows: dataset(), features: z.array(z.string()).min(1), target: z.string() }),
  output: z.object({ predictions: predictions() }),
}).implement(async ({ input, task }) => {
  const rows = await task.read(input.rows);
  const matrix = await readMatrix(rows, input.features);
  const session = await openSession(`${await task.read(input.model)}/model.onnx`);
  const { probabilities } = await session.run({ features: matrix }, ['probabilities']);
  await session.release();
  const given = probabilities?.data;
  if (!(given instanceof Float32Array)) throw new TypeError('The model gives no float32 probabilities.');
  // A column for each class; the second is that of class 1.
  const ofEvent = given.filter((_, index) => index % 2 === 1);
  const write = (path: string) =>
    withDuckDB(async (connection) => {
      await connection.run('CREATE OR REPLACE TEMP TABLE scores (probability FLOAT)');
      const appender = await connection.createAppender('scores');
      await appendFloats(appender, ofEvent);
      appender.closeSync();
      const columns = `${identifier(input.target)}, probability`;
      await writeParquet(connection, `SELECT ${columns} FROM ${scan([rows])} POSITIONAL JOIN scores`, path);
    });
  return { predictions: await task.write('predictions', write, { rows: ofEvent.length }) };
});

/** A tensor of a row for each row of the dataset, a column for each feature. */
async function readMatrix(path: string, features: readonly string[]): Promise<Tensor> {
  const kinds = Object.fromEntries(features.map((name) => [name, 'number' as const]));
  const { rows, columns } = await readColumns(path, kinds);
  const values = new Float32Array(rows * features.length);
  for (const [at, name] of features.entries()) {
    columns[name]?.values.forEach((value, row) => {
      values[row * features.length + at] = value;
    });
  }
  return new Tensor('float32', values, [rows, features.length]);
}
