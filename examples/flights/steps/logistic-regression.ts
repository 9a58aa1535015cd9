import type { LinearModel, TrainingSet, Transform } from 'millrace/onnx';

export interface TrainingOptions {
  readonly learningRate: number;
  readonly epochs: number;
  readonly seed: number;
  /** Called after each epoch, and waited for: what it throws ends the training. */
  readonly onEpoch?: (epoch: number, logLoss: number) => Promise<void> | void;
}

/** Rows visited one after the other before jumping to another place. Long enough to be quick, short enough to mix times. */
const BLOCK = 256;

/**
 * Logistic regression by stochastic gradient descent with a step size of its own for each weight (Adagrad: Duchi, Hazan,
 * Singer, JMLR 2011), so that the weight of a rare route learns as fast as that of a busy airport. One weight a code:
 * a row touches as many weights as it has features, whatever the number of airports.
 *
 * All features must be codes. The same data, options and seed give the same weights.
 */
export async function trainLogisticRegression(
  set: TrainingSet,
  transform: Transform,
  options: TrainingOptions,
): Promise<LinearModel> {
  const sizes = transform.features.map(({ name, cardinality }) => {
    if (cardinality === null) throw new Error(`Feature '${name}' is a measure: this trainer takes codes only.`);
    return cardinality;
  });
  const offsets = sizes.map((_, index) => sizes.slice(0, index).reduce((sum, size) => sum + size, 0));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const state: State = {
    offsets: Int32Array.from(offsets),
    table: newTable(total),
    places: new Int32Array(BLOCK * set.width),
    bias: 0,
    biasSquares: 1,
  };
  const blocks = Uint32Array.from({ length: Math.ceil(set.rows / BLOCK) }, (_, index) => index);
  const random = randomNumbers(options.seed);
  for (let epoch = 1; epoch <= options.epochs; epoch++) {
    shuffle(blocks, random);
    let loss = 0;
    for (const block of blocks) loss += learnBlock(set, state, block * BLOCK, options.learningRate);
    await options.onEpoch?.(epoch, loss / set.rows);
  }
  const tables = sizes.map((size, index) => {
    const weights = new Float32Array(size);
    const offset = offsets[index] ?? 0;
    for (let code = 0; code < size; code++) weights[code] = state.table[2 * (offset + code)] as number;
    return weights;
  });
  return { bias: state.bias, weights: tables };
}

interface State {
  readonly offsets: Int32Array;
  /** Of each code its weight and the sum of its squared gradients, side by side: one trip to memory gets both. */
  readonly table: Float32Array;
  /** Of the block at hand: places in the table, row by row. */
  readonly places: Int32Array;
  bias: number;
  biasSquares: number;
}

/** Weights of 0; sums of squares of 1, which keeps the first steps from being larger than the learning rate. */
function newTable(codes: number): Float32Array {
  const table = new Float32Array(codes * 2);
  for (let place = 1; place < table.length; place += 2) table[place] = 1;
  return table;
}

/** Learns from the rows of one block and gives the log loss that they had before. */
function learnBlock({ rows, width, features, target }: TrainingSet, state: State, from: number, rate: number): number {
  const { table, places } = state;
  const to = Math.min(rows, from + BLOCK);
  findPlaces(features.subarray(from * width, to * width), width, state);
  let loss = 0;
  let { bias, biasSquares } = state;
  for (let row = from, start = 0; row < to; row++, start += width) {
    const end = start + width;
    let logit = bias;
    for (let at = start; at < end; at++) logit += table[places[at] as number] as number;
    const label = target[row] as number;
    const probability = 1 / (1 + Math.exp(-logit));
    const gradient = probability - label;
    const square = gradient * gradient;
    const step = rate * gradient;
    loss -= Math.log(Math.max(1e-12, label === 1 ? probability : 1 - probability));
    biasSquares += square;
    bias -= step / Math.sqrt(biasSquares);
    for (let at = start; at < end; at++) {
      const place = places[at] as number;
      const squares = (table[place + 1] as number) + square;
      table[place + 1] = squares;
      table[place] = (table[place] as number) - step / Math.sqrt(squares);
    }
  }
  state.bias = bias;
  state.biasSquares = biasSquares;
  return loss;
}

/** Where in the table the codes of a block's rows are: found once, read when judging and again when learning. */
function findPlaces(features: Float32Array, width: number, { offsets, places }: State): void {
  for (let index = 0; index < width; index++) {
    const offset = offsets[index] as number;
    for (let at = index; at < features.length; at += width) places[at] = 2 * (offset + (features[at] as number));
  }
}

/** Fisher and Yates, in place. */
function shuffle(items: Uint32Array, random: () => number): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const item = items[last] as number;
    items[last] = items[other] as number;
    items[other] = item;
  }
}

/** Numbers from 0 to 1 that a seed fixes (mulberry32, public domain). */
function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
