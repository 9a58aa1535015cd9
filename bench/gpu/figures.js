/** What the machine did: the device's name, times of training, and how much quicker than the CPU it was. */
export function figuresOf({ run }) {
  const { trials, onCpu } = run.output;
  const rows = [...trials, onCpu].map(({ hidden, device, seconds, peakBytes, loss, began, ended }) =>
    [
      `  ${hidden} wide, ${device}`.padEnd(40),
      `training ${seconds.toFixed(3)} s`,
      `device held ${((ended - began) / 1000).toFixed(3)} s`,
      `peak ${(peakBytes / 2 ** 20).toFixed(0)} MiB`,
      `loss ${loss.toFixed(4)}`,
    ].join('  '),
  );
  const same = trials.find(({ hidden }) => hidden === onCpu.hidden);
  const ratio = (onCpu.seconds / same.seconds).toFixed(1);
  return [
    `Run ${run.id}: ${((run.endedAt - run.startedAt) / 1000).toFixed(1)} s`,
    ...rows,
    `  Training ${same.hidden} wide takes ${ratio} times as long on the CPU as on ${same.device}.`,
  ].join('\n');
}
