import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { TASK_QUEUE } from './hand-written/queues.ts';
import { startHandWritten } from './hand-written-side.ts';
import { startMillrace } from './millrace-side.ts';
import { type Figures, interleaved } from './side.ts';
import { onStage, type Stage } from './stage.ts';

/*
 * What a task costs, told from what a run costs: each side at two lengths, ten times apart, rounds interleaved.
 * `--rounds N --warm-ups N --json`
 */

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    'warm-ups': { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});

const SHAPES = [
  {
    workflow: 'chain',
    title: 'chain',
    short: 10,
    long: 100,
    ordinary: { short: 'chain', long: 'longChain' },
    light: { short: 'lightChain', long: 'longLightChain' },
  },
  {
    workflow: 'wide',
    title: 'fan-out',
    short: 100,
    long: 1_000,
    ordinary: { short: 'wide', long: 'longWide' },
    light: { short: 'lightWide', long: 'longLightWide' },
  },
] as const;
type Shape = (typeof SHAPES)[number];

interface Sustained {
  readonly shape: Shape;
  readonly short: Figures;
  readonly long: Figures;
}

async function sidesOf(stage: Stage) {
  const handWritten = await startHandWritten(stage);
  const millrace = stage.keep(await startMillrace(join(stage.folder, 'home'), stage.address, stage.client));
  return async ({ workflow, ordinary, light, ...tasks }: Shape, length: 'short' | 'long') => [
    handWritten('hand-written', { workflow, tasks: tasks[length], taskQueue: TASK_QUEUE }),
    await millrace.side("Millrace, cache: 'off'", ordinary[length]),
    await millrace.side('Millrace, light tasks', light[length]),
  ];
}

/** Both lengths in one run, so that what is busy meanwhile is so for both. */
async function measure(shape: Shape, sides: Awaited<ReturnType<typeof sidesOf>>): Promise<readonly Sustained[]> {
  const both = [...(await sides(shape, 'short')), ...(await sides(shape, 'long'))];
  const figures = await interleaved(both, Number(values.rounds), Number(values['warm-ups']));
  const half = figures.length / 2;
  return figures.slice(0, half).flatMap((short, index) => {
    const long = figures[half + index];
    return long === undefined ? [] : [{ shape, short, long }];
  });
}

/** Milliseconds that a further task adds, and those that are there without one. */
function costOf({ shape, short, long }: Sustained, which: 'min' | 'median') {
  const task = (long[which] - short[which]) / (shape.long - shape.short);
  return { task, run: short[which] - task * shape.short };
}

function cells(row: Sustained) {
  const { shape, short, long } = row;
  const both = (figure: (which: 'min' | 'median') => number, digits: number) =>
    `${figure('min').toFixed(digits)} / ${figure('median').toFixed(digits)}`;
  return {
    [`ms of ${shape.short}`]: both((which) => short[which], 0),
    [`ms of ${shape.long}`]: both((which) => long[which], 0),
    [`tasks/s of ${shape.long}`]: both((which) => (shape.long / long[which]) * 1_000, 0),
    'ms a further task': both((which) => costOf(row, which).task, 2),
    'ms a run': both((which) => costOf(row, which).run, 0),
  };
}

await onStage(async (stage) => {
  const sides = await sidesOf(stage);
  for (const shape of SHAPES) {
    const rows = await measure(shape, sides);
    if (values.json) console.log(JSON.stringify(rows));
    else {
      console.log(`\n${shape.title}, least / median`);
      console.table(Object.fromEntries(rows.map((row) => [row.short.name, cells(row)])));
    }
  }
});
