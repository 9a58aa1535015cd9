import { describe, expect, it } from 'vitest';
import { type NodeVisitor, visitNode } from './pipeline-node.ts';
import { SleepNode } from './sleep-node.ts';
import { TaskNode } from './task-node.ts';
import { branchName } from './when-node.ts';

const sleep = SleepNode.create({ name: 'nap', after: [], duration: { kind: 'literal', value: '1s' } });

describe('a node', () => {
  it('is made frozen, tagged with its kind, and told by it', () => {
    expect(sleep.kind).toBe('sleep');
    expect(Object.isFrozen(sleep)).toBe(true);
    expect([SleepNode.is(sleep), TaskNode.is(sleep)]).toEqual([true, false]);
  });

  it('is visited by the function of its kind', () => {
    const fail = () => {
      throw new Error('wrong kind');
    };
    const visitor: NodeVisitor<string> = {
      task: fail,
      when: fail,
      fanOut: fail,
      loop: fail,
      approval: fail,
      sleep: (node) => node.name,
      call: fail,
      promote: fail,
      notify: fail,
      finally: fail,
    };
    expect(visitNode(sleep, visitor)).toBe('nap');
  });

  it('that branches names its branches by their place', () => {
    expect([0, 1, 2].map(branchName)).toEqual(['do', 'elseWhen1', 'elseWhen2']);
  });
});
