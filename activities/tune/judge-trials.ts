import { z } from 'zod';
import { defineBuiltinStep } from '../../dsl/builtin-step.ts';
import { nextRound } from './next-round.ts';
import { anyJson, searchRules, searchState } from './search-state.ts';

/** The code behind `tune`, which pipelines call: ranks the trials of a round, and says which come next. */
export const judgeTrials = defineBuiltinStep({
  name: 'judgeTrials',
  description: 'Ranks the trials of a round, and says which come next.',
  input: z.object({ search: searchState, outputs: z.array(anyJson), rules: searchRules }),
  output: searchState,
}).implement(({ input: { search, outputs, rules }, task }) => {
  const next = nextRound(search, outputs, rules);
  if (next.best !== null) {
    task.metrics({ best: next.best.metric, trials: next.trials.length });
    task.log.info(`after round ${search.round} trial ${next.best.trial} is best`, { [rules.metric]: next.best.metric });
  }
  return next;
});
