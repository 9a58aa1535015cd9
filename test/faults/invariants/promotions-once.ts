import type { Invariant, PromotedModel } from '../ended-run.ts';

/** Each promotion has made one version and moved the alias to it once; the last one's is named, and answers alone. */
export const promotionsOnce: Invariant = {
  name: 'a promotion comes about once',
  violationsIn: ({ promoted }) => promoted.flatMap((one) => [...undone(one), ...moves(one), ...traffic(one)]),
};

function undone({ promotions }: PromotedModel): readonly string[] {
  const back = promotions.filter(({ status }) => status !== 'promoted');
  return back.map(({ model, version, status, reason }) => `${model} v${version} was ${status}: ${reason}`);
}

function moves({ promotions, model: { model, versions, history } }: PromotedModel): readonly string[] {
  const due = promotions.map(({ version }, index) => `${promotions[index - 1]?.version ?? 'nothing'} → ${version}`);
  const is = [...history.items].reverse().map(({ from, to }) => `${from ?? 'nothing'} → ${to}`);
  const numbers = versions.items.map(({ version }) => version).sort((a, b) => a - b);
  return [
    ...(numbers.join() === promotions.map((_, index) => index + 1).join()
      ? []
      : [`${model} has the versions ${numbers.join(', ')}, of ${promotions.length} promotions`]),
    ...(is.join() === due.join() ? [] : [`the alias of ${model} went ${is.join(', ')} in place of ${due.join(', ')}`]),
  ];
}

function traffic({ promotions, model: { model, aliases }, endpoint }: PromotedModel): readonly string[] {
  const last = promotions.at(-1)?.version;
  const named = aliases.map(({ version }) => version);
  const shares = endpoint?.traffic.map(({ version, percent }) => `v${version} ${percent}%`) ?? [];
  return [
    ...(named.join() === `${last}` ? [] : [`${model} has its alias at ${named.join()}, not at ${last}`]),
    ...(endpoint === null || shares.join() === `v${last} 100%`
      ? []
      : [`endpoint ${endpoint.name} gives ${shares.join(', ')}, not all to v${last}`]),
  ];
}
