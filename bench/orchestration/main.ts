import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ONE_QUEUE, TASK_QUEUE } from './hand-written/queues.ts';
import { startHandWritten } from './hand-written-side.ts';
import { startMillrace } from './millrace-side.ts';
import { interleaved } from './side.ts';
import { onStage } from './stage.ts';
import { printRows, type Row } from './table.ts';

/*
 * A chain of 10 no-op tasks and a fan-out of 100, on Millrace (without a cache, as activities are; with it; as light tasks) and as Temporal workflows written by hand, against one
 * server; rounds are interleaved. `--rounds N --warm-ups N --json`
 */

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    'warm-ups': { type: 'string', default: '4' },
    json: { type: 'boolean', default: false },
  },
});

const BENCHES = [
  { bench: 'chain of 10', tasks: 10, workflow: 'chain', cached: 'cachedChain', light: 'lightChain' },
  { bench: 'fan-out of 100', tasks: 100, workflow: 'wide', cached: 'cachedWide', light: 'lightWide' },
] as const;

await onStage(async (stage) => {
  const handWritten = await startHandWritten(stage);
  const millrace = stage.keep(await startMillrace(join(stage.folder, 'home'), stage.address, stage.client));
  const rows: Row[] = [];
  for (const { bench, tasks, workflow, cached, light } of BENCHES) {
    const sides = [
      handWritten('hand-written, tasks on their own queue', { workflow, tasks, taskQueue: TASK_QUEUE }),
      handWritten('hand-written, all on one queue', { workflow, tasks, taskQueue: ONE_QUEUE }),
      await millrace.side("Millrace, cache: 'off'", workflow),
      await millrace.side('Millrace, the default step (cache on, missed)', cached),
      await millrace.side('Millrace, light tasks', light),
    ];
    const figures = await interleaved(sides, Number(values.rounds), Number(values['warm-ups']));
    rows.push(...figures.map((each) => ({ bench, tasks, ...each })));
  }
  if (values.json) console.log(JSON.stringify(rows));
  else printRows(rows);
});
