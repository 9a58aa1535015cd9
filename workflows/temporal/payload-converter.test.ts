import { defaultPayloadConverter } from '@temporalio/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STAYS_HERE } from '../../ir/protocol/payload-mark.ts';
import { payloadConverter } from './payload-converter.ts';

const plain = ({ metadata, data }: ReturnType<typeof payloadConverter.toPayload>) => ({
  encoding: Buffer.from(metadata?.encoding ?? []).toString(),
  data: Buffer.from(data ?? []).toString('hex'),
});
const anything = fc.anything({ withNullPrototype: false }).filter((value) => {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
});
const local = { type: 'activity', namespace: 'default', activityId: '1', workflowId: 'w' } as const;

describe('what a workflow writes', () => {
  it('is what the SDK writes, byte for byte, and either reads the other', () => {
    fc.assert(
      fc.property(fc.oneof(anything, fc.string({ unit: 'binary' })), (value) => {
        const [ours, theirs] = [payloadConverter.toPayload(value), defaultPayloadConverter.toPayload(value)];
        expect(plain(ours)).toEqual(plain(theirs));
        const read = payloadConverter.fromPayload(theirs);
        expect(JSON.stringify(read)).toBe(JSON.stringify(defaultPayloadConverter.fromPayload(ours)));
      }),
    );
  });

  it('is nothing where there is nothing', () => {
    expect(payloadConverter.fromPayload(payloadConverter.toPayload(undefined))).toBeUndefined();
  });

  it('is marked where it goes to a local activity, and nowhere else', () => {
    const marked = (isLocal: boolean) => {
      const { metadata } = payloadConverter.toPayload('x', { ...local, isLocal });
      return metadata !== undefined && metadata !== null && STAYS_HERE in metadata;
    };
    expect([marked(true), marked(false)]).toEqual([true, false]);
  });
});
