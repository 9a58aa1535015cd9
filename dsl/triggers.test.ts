import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { daily } from './partitions.ts';
import type { PipelineOptions } from './pipeline.ts';
import { and, eq, gt, lt } from './predicates.ts';
import { compileSmall, increment, refusalOf } from './testing/small-pipelines.ts';
import {
  onAliasMoved,
  onArtifactPublished,
  onMetricCrossed,
  onPartitionArrived,
  onRunEnded,
  onStale,
  onVersionAdded,
  onWebhook,
} from './triggers.ts';

type Triggers = NonNullable<PipelineOptions<z.ZodObject>['triggers']>;
const declaredBy = (triggers: Triggers, options: object = {}) =>
  compileSmall(() => undefined, { ...options, triggers: triggers as never }).triggers;
const start = () => ({ start: 1 });

describe('triggers of a file', () => {
  it('are left out where there are none', () => {
    expect(compileSmall(() => undefined)).not.toHaveProperty('triggers');
    expect(compileSmall(() => undefined, { triggers: [] })).not.toHaveProperty('triggers');
  });

  it('refuse options that there are not', () => {
    const misspelt = { name: 'f', path: '/data/{partition}', file: 3 } as Parameters<typeof onPartitionArrived>[0];
    expect(() => onPartitionArrived(misspelt)).toThrow("Trigger 'f' has no option 'file'; did you mean files?");
  });

  it('tell what the run is given of the event, and of the file', () => {
    const trigger = onRunEnded({
      ...{ name: 'chain', of: 'features', status: ['succeeded', 'failed'], paused: true, note: 'until Monday' },
      where: ({ event }) => and(gt(event.version, 2), eq(event.schedule, 'nightly')),
      params: ({ event }) => ({ start: event.version, names: ['a'] }),
    });
    expect(declaredBy([trigger])).toEqual([
      {
        ...{ name: 'chain', paused: true, note: 'until Monday' },
        on: { kind: 'runEnded', pipeline: 'features', statuses: ['succeeded', 'failed'] },
        where: {
          kind: 'and',
          operands: [
            {
              ...{ kind: 'compare', op: 'gt', left: { kind: 'param', path: ['version'] } },
              right: { kind: 'literal', value: 2 },
            },
            {
              ...{ kind: 'compare', op: 'eq', left: { kind: 'param', path: ['schedule'] } },
              right: { kind: 'literal', value: 'nightly' },
            },
          ],
        },
        ...{ bind: { start: ['version'] }, partition: null, params: { names: ['a'] } },
      },
    ]);
  });

  it('may be of every kind', () => {
    const triggers = [
      onArtifactPublished({ name: 'a', of: 'p', artifact: 'predictions', params: start }),
      onVersionAdded({ name: 'b', model: 'm', params: ({ event }) => ({ start: event.version }) }),
      onAliasMoved({ name: 'c', model: 'm', alias: 'champion', params: start }),
      onMetricCrossed({ name: 'd', of: 'p', metric: 'psi', below: 0.2, params: start }),
      onStale({ name: 'e', of: 'p', olderThan: '26h', params: start }),
      onWebhook({
        ...{ name: 'f', body: z.object({ at: z.object({ start: z.number() }) }) },
        params: ({ event }) => ({ start: event.body.at.start }),
      }),
      onWebhook({ name: 'g', params: start }),
    ];
    const declared = declaredBy(triggers) ?? [];
    expect(declared.map(({ on }) => on).slice(0, 5)).toEqual([
      { kind: 'artifactPublished', pipeline: 'p', task: null, artifact: 'predictions' },
      { kind: 'versionAdded', model: 'm' },
      { kind: 'aliasMoved', model: 'm', alias: 'champion' },
      { kind: 'metricCrossed', pipeline: 'p', metric: 'psi', task: null, side: 'below', limit: 0.2 },
      { kind: 'stale', pipeline: 'p', artifact: null, afterMs: 93_600_000 },
    ]);
    expect(declared[5]).toMatchObject({
      on: { kind: 'webhook', body: { type: 'object', required: ['at'] } },
      bind: { start: ['body', 'at', 'start'] },
    });
    expect(declared[6]?.on).toEqual({ kind: 'webhook', body: null });
  });

  it('look for the partitions of their pipeline, from where the file or its application says', () => {
    const partitions = daily({ start: '2026-01-01' });
    const [files, query] =
      declaredBy(
        [
          onPartitionArrived({ name: 'files', path: 's3://lake/{partition}/*.parquet', rows: 5, params: start }),
          onPartitionArrived({
            ...{ name: 'query', query: 'SELECT count(*) FROM t WHERE day = {partition}', database: 'lake' },
            ...{ from: '2026-02-01', lateAfter: '6h', params: start },
          }),
        ],
        { partitions },
      ) ?? [];
    expect(files).toMatchObject({
      on: { place: { kind: 'files', files: 1, rows: 5 }, from: null, lateAfterMs: null },
      partition: ['partition'],
    });
    expect(query).toMatchObject({
      on: { place: { kind: 'query', database: 'lake', rows: 1 }, from: '2026-02-01', lateAfterMs: 21_600_000 },
    });
  });

  const ended = { name: 't', of: 'p' } as const;
  it.each<[string, () => Triggers, string]>([
    ['a name that is none', () => [onRunEnded({ ...ended, name: 'every day' })], "'every day' is no name"],
    ['a parameter that there is not', () => [onRunEnded({ ...ended, params: () => ({ end: 1 }) })], 'end'],
    [
      'a part of the event for a parameter that there is not',
      () => [onRunEnded({ ...ended, params: ({ event }) => ({ end: event.run }) })],
      'gives end, which small does not take',
    ],
    ['a value that does not fit', () => [onRunEnded({ ...ended, params: () => ({ start: 'x' }) })], 'start: has to be'],
    [
      'a value made of an event',
      () => [onRunEnded({ ...ended, params: ({ event }) => ({ names: [event.run] }) })],
      'parameter names has to be a part of the event',
    ],
    [
      'the event as a whole',
      () => [onRunEnded({ ...ended, params: ({ event }) => ({ start: event }) })],
      'parameter start has to be a part of the event',
    ],
    [
      'a field that the event has not',
      () => [onRunEnded({ ...ended, where: ({ event }) => eq((event as never as { state: string }).state, 'x') })],
      'names event.state, which an event runEnded does not have; did you mean event.status',
    ],
    ['a length of time that is none', () => [onStale({ ...ended, olderThan: 'long' as '1h' })], 'no length of time'],
    ['partitions that there are not', () => [onPartitionArrived({ name: 't', path: '/x/{partition}' })], 'has none'],
    [
      'a partition for a pipeline without',
      () => [onRunEnded({ ...ended, partition: ({ event }) => event.partition })],
      'gives a partition to small, which has none',
    ],
    ['a pipeline without a name', () => [onRunEnded({ ...ended, of: '' })], 'pipeline: '],
  ])('with %s are refused', (_, triggers, said) => {
    const refused = refusalOf(() => declaredBy(triggers()));
    expect(refused.code).toBe('trigger');
    expect(refused.message).toContain("of pipeline 'small'");
    expect(refused.message).toContain(said);
  });

  it('of the same name, with a dropped condition or a call of a step are refused', () => {
    const twice = () => declaredBy([onRunEnded(ended), onRunEnded(ended)]);
    expect(refusalOf(twice)).toMatchObject({ code: 'duplicateName', message: expect.stringContaining("named 't'") });
    const dropped = onRunEnded({ ...ended, where: ({ event }) => gt(event.version, 1) && lt(event.version, 9) });
    expect(refusalOf(() => declaredBy([dropped])).code).toBe('droppedCondition');
    const called = onRunEnded({ ...ended, params: () => ({ start: increment({ value: 1 }).value }) });
    expect(refusalOf(() => declaredBy([called])).code).toBe('outsideBody');
  });
});
