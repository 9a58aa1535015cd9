import { describe, expect, it } from 'vitest';
import type { ArtifactKind, ArtifactRef } from '../../ir/artifact.ts';
import type { RunDetail } from '../../server/client.ts';
import { sampleAttempt, sampleRun, sampleTask } from '../testing/sample-run.suite.ts';
import { failureText } from '../watch/failures.ts';
import { resultSections, runDocument } from './run-results.ts';

const made = (artifact: ArtifactKind, name: string, metadata = {}): ArtifactRef => ({
  artifact,
  digest: `sha256:${name}`,
  uri: `file:///store/${name}`,
  size: 2_500_000,
  metadata,
});
const trial = (index: number) =>
  sampleTask(`trials[${index}]/train`, { output: { model: made('model', `m${index}`), loss: index } });

const RUN: RunDetail = {
  ...sampleRun([
    trial(0),
    sampleTask('split', { output: { training: made('dataset', 'a', { rows: 1_000 }), rows: 1_000 } }),
    sampleTask('pick', { output: [made('file', 'p')] }),
    sampleTask('whole', { output: made('report', 'w'), status: 'cached' }),
    sampleTask('trials', { kind: 'fanOut', output: [{ model: made('model', 'm0') }] }),
    sampleTask('evaluate', { output: { auc: 0.774125 } }),
  ]),
  metrics: [
    { runId: 'r1', path: 'evaluate', name: 'ece', value: 0.0123, step: 0, points: 2 },
    { runId: 'r1', path: 'trials[0]/train', name: 'epochLoss', value: 0.25, step: 2, points: 2 },
  ],
};

describe('what a run made', () => {
  it('is in the document, one artifact for each that a task gave', () => {
    const { artifacts, ...rest } = runDocument(RUN);
    expect(rest).toEqual({ ...RUN, notices: [] });
    expect(artifacts[1]).toEqual({
      path: 'split',
      output: 'training',
      kind: 'dataset',
      rows: 1_000,
      size: 2_500_000,
      uri: 'file:///store/a',
      digest: 'sha256:a',
    });
    expect(artifacts.map(({ path, output, rows }) => [path, output, rows])).toEqual([
      ['trials[0]/train', 'model', null],
      ['split', 'training', 1_000],
      ['pick', '[0]', null],
      ['whole', null, null],
    ]);
  });

  it('is shown with what was measured, fan-outs last', () => {
    expect(resultSections(RUN).join('\n').split('\n')).toEqual([
      '',
      'Measured',
      '  evaluate: ece 0.01230',
      '  trials[0]/train: epochLoss 0.2500 (step 2)',
      '',
      'Numbers given',
      '  evaluate: auc 0.7741',
      '  trials[0]/train: loss 0',
      '',
      'Artifacts',
      '  NAME                   KIND     ROWS   SIZE    WHERE',
      '  split.training         dataset  1,000  2.5 MB  /store/a',
      '  pick[0]                file     -      2.5 MB  /store/p',
      '  whole                  report   -      2.5 MB  /store/w',
      '  trials[0]/train.model  model    -      2.5 MB  /store/m0',
    ]);
    expect(resultSections(sampleRun([sampleTask('load')]))).toEqual([]);
  });

  it('is said where it was too large to be listed, with the command that gives it', () => {
    const leftOut = { failure: null, cache: null, detail: null, input: null, output: 2_000_000 };
    const tasks = [sampleTask('gather', { leftOut }), sampleTask("odd['x']"), sampleTask('report', { leftOut })];
    const run = sampleRun(tasks, [], { leftOut: { params: null, output: 2_000_000 } });
    const notices = [
      'The parameters or the output of run r1 are too large to be listed, and were left out: millrace runs get r1 --values -o json',
      "Values of 2 tasks are too large to be listed, and were left out with the artifacts in them; a task has them: millrace runs get r1 --path 'gather' -o json",
    ];
    expect(runDocument(run, ['said'])).toMatchObject({ notices: ['said', ...notices] });
    expect(runDocument(run)).toMatchObject({ notices, tasks: [{ leftOut }, { leftOut: null }, { leftOut }] });
    expect(resultSections(run).join('\n').split('\n')).toEqual(['', 'Left out', ...notices.map((line) => `  ${line}`)]);
  });

  it('is told of what failed and was measured, too, where that was too much to be listed', () => {
    const leftOut = { failure: 70_000, cache: null, detail: null, input: null, output: null };
    const task = sampleTask('train', { status: 'failed', leftOut });
    const attempts = [sampleAttempt('train', 1, { leftOut: { failure: 70_000 } })];
    const metric = { runId: 'r1', path: 'train', name: 'loss', value: 1, step: 0, points: 1 };
    const run = { ...sampleRun([task], attempts), metrics: Array.from({ length: 10_000 }, () => metric) };
    expect(runDocument(run).notices).toEqual([
      "Values of 1 task are too large to be listed, and were left out with the artifacts in them; a task has them: millrace runs get r1 --path 'train' -o json",
      "Failures of 1 attempt are too large to be listed, and were left out; a task has them: millrace runs get r1 --path 'train' -o json",
      'No more than 10,000 metrics are listed: millrace runs metrics r1 -o json',
    ]);
    expect(failureText(task, 30)).toBe(
      "train, attempt 30: too large to be listed here: millrace runs get r1 --path 'train'",
    );
  });

  it('is cut to twenty lines of a wide fan-out, which are counted', () => {
    const wide = sampleRun([
      ...Array.from({ length: 1_500 }, (_, index) => trial(1_499 - index)),
      ...RUN.tasks.slice(1),
    ]);
    const [given = '', artifacts = ''] = resultSections(wide);
    expect(given.split('\n').at(-1)).toBe('  … and 1,481 more: millrace runs get r1 -o json');
    expect(artifacts.split('\n')).toHaveLength(2 + 1 + 20 + 1);
    expect(artifacts).toContain('split.training');
    expect(artifacts).toContain('trials[2]/train.model');
    expect(runDocument(wide).artifacts).toHaveLength(1_503);
  });
});
