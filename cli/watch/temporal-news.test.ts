import { expect, it } from 'vitest';
import { until } from '../../test/support/until.ts';
import { temporalNews } from './temporal-news.ts';

it('tells once that Temporal is away, and once that it is back', async () => {
  let answers = true;
  let looks = 0;
  const health = async () => {
    looks++;
    return { status: 'ok' as const, project: 'default', version: '1', temporal: { address: 'host:7233', answers } };
  };
  const news = temporalNews({ health }, 1);
  const looked = () => {
    const before = looks;
    return until('some looks', () => looks > before + 3);
  };
  try {
    await looked();
    expect(news.take()).toEqual([]);
    answers = false;
    await looked();
    expect(news.take()).toEqual([expect.stringMatching(/^Temporal at host:7233 does not answer\. The run waits/)]);
    answers = true;
    await looked();
    expect(news.take()).toEqual(['Temporal at host:7233 answers again.']);
  } finally {
    news.close();
  }
});
