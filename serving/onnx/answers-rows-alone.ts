import { joinRows, splitRows } from '../batching/join-rows.ts';
import type { TensorMap, TensorValue } from '../lifecycle/servable.ts';
import type { OnnxSession } from './onnx-session.ts';

/** Room for the few last digits in which operators differ between one row and several. */
const TOLERANCE = 1e-6;
type Move = (value: number) => number;
/** How numbers are moved: a little, for codes that know few neighbours, and far, for answers that move in steps. */
const MOVES: readonly Move[] = [
  (value) => value + 1,
  (value) => value - 1,
  (value) => value * 1.5 + 1,
  (value) => value * -2 - 3,
];

/**
 * Whether a model answers each row by itself: the example and rows that differ from it are asked alone and all in one
 * run, in both orders, and have to be answered alike. Copies of one row would not tell: a model that takes the mean of its
 * rows away gives the same for any number of them.
 *
 * @returns null when the model can compute no other row, so that nothing was tried.
 */
export async function answersRowsAlone(session: OnnxSession, example: TensorMap): Promise<boolean | null> {
  const outputs = session.outputs.map((output) => output.name);
  const answerOf = (row: TensorMap) => session.run(row, outputs).catch(() => null);
  const alone = [{ row: example, answer: await session.run(example, outputs) }];
  for (const [index, move] of MOVES.entries()) {
    // Texts that the model does not know may be what it cannot compute.
    for (const row of [changed(example, move, String(index)), changed(example, move, '')]) {
      const answer = alike(row, example) ? null : await answerOf(row);
      if (!answer) continue;
      alone.push({ row, answer });
      break;
    }
  }
  if (alone.length === 1) return null;
  for (const order of [alone, alone.toReversed()]) {
    const together = await answerOf(joinRows(order.map(({ row }) => row)));
    const parts = together && splitRows(together, new Array<number>(order.length).fill(1));
    if (!parts || !order.every(({ answer }, index) => alike(answer, parts[index] ?? {}))) return false;
  }
  return true;
}

/** A row with its numbers moved and its texts, where there is a `suffix`, made longer. What is missing (NaN) stays so. */
function changed(row: TensorMap, move: Move, suffix: string): TensorMap {
  const entries = Object.entries(row).map(([name, tensor]) => [name, changedTensor(tensor, move, suffix)] as const);
  return Object.fromEntries(entries);
}

function changedTensor({ type, dims, data }: TensorValue, move: Move, suffix: string): TensorValue {
  return { type, dims, data: changedData(data, type === 'bool' ? (bit) => 1 - bit : move, suffix) };
}

function changedData(data: TensorValue['data'], move: Move, suffix: string): TensorValue['data'] {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return data.map((value) => BigInt(Math.round(move(Number(value)))));
  }
  return isTexts(data) ? data.map((text) => `${text}${suffix}`) : data.map(move);
}

function isTexts(data: TensorValue['data']): data is readonly string[] {
  return Array.isArray(data);
}

function alike(left: TensorMap, right: TensorMap): boolean {
  return Object.entries(left).every(([name, tensor]) => {
    const other = right[name];
    return other !== undefined && sameDims(tensor.dims, other.dims) && sameData(tensor.data, other.data);
  });
}

function sameDims(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((dim, index) => dim === right[index]);
}

function sameData(left: TensorValue['data'], right: TensorValue['data']): boolean {
  return (
    left.length === right.length && Array.from<unknown>(left).every((value, index) => sameValue(value, right[index]))
  );
}

function sameValue(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== 'number' || typeof right !== 'number') return false;
  return Math.abs(left - right) <= TOLERANCE * Math.max(Math.abs(left), Math.abs(right));
}
