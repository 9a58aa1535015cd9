import { expect, it } from 'vitest';
import { z } from 'zod';
import { approval, compile, definePipeline, fanOut, when } from '../dsl/index.ts';
import { everyNode, placeText } from './every-node.ts';

const ask = (name: string) => approval({ name, timeout: '1h', onTimeout: 'fail' });
const inner = definePipeline({ name: 'inner' }, () => {
  ask('sign');
});

it('nodes are told by where a run has them, those of called pipelines by whose they are', () => {
  const { ir } = compile(
    definePipeline({ name: 'outer', params: z.object({ ready: z.boolean() }) }, ({ params }) => {
      when(params.ready, { name: 'gate', do: () => void ask('go'), otherwise: () => void ask('late') });
      fanOut(['a', 'b'], { name: 'each' }, () => void ask('one'));
      inner({}, { name: 'second' });
    }),
  );
  const approvals = everyNode(ir).filter(({ node }) => node.kind === 'approval');
  expect(approvals.map(placeText)).toEqual([
    "'gate/do/go'",
    "'gate/otherwise/late'",
    "'each/one'",
    "'sign' of pipeline 'inner'",
  ]);
});
