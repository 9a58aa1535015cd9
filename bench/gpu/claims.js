/** As in pipeline.ts; here the answer over REST is meant, too. */
const TOLERANCE = 1e-4;

/**
 * What has to hold, and what was found. `detail` is the document of the run, `refused` how the command ended that asked for
 * two devices, `answer` the endpoint's probability of the first row.
 */
export function claimsOf({ run, tasks }, refused, answer) {
  const { trials, onCpu, compared, promotion } = run.output;
  const succeeded = tasks.filter(({ status }) => status === 'succeeded').length;
  const away = Math.abs(answer - compared.first.probability);
  return [
    claim('every task succeeded', succeeded === tasks.length, `${succeeded} of ${tasks.length}`),
    claim('each gpu task had one device', trials.every(hasOneDevice), trials.map(seen).join('; ')),
    claim('the task that asked for none had none', onCpu.visible === '' && onCpu.devices === 0, seen(onCpu)),
    claim('gpu tasks took turns', shortestPause(trials) >= 0, `${shortestPause(trials)} ms or more between them`),
    claim('two devices are refused at submission', isRefusal(refused), `exit ${refused.code}, ${firstLine(refused)}`),
    claim(
      `Millrace on the CPU predicts as PyTorch on the ${onDevice(trials)}`,
      compared.largestDifference <= TOLERANCE,
      `${compared.rows} rows, ${compared.largestDifference.toExponential(1)} at most apart`,
    ),
    claim('the model was promoted', promotion?.status === 'promoted', promotion?.status ?? 'no'),
    claim('the endpoint answers so too', away <= TOLERANCE, `${answer}, ${away.toExponential(1)} apart`),
  ];
}

function claim(text, holds, found) {
  return { claim: text, holds, found };
}

function hasOneDevice({ device, visible, devices }) {
  return /^\d+$/.test(visible ?? '') && (device === 'cpu' || devices === 1);
}

function seen({ visible, devices }) {
  return `CUDA_VISIBLE_DEVICES=${visible ?? ''}, PyTorch sees ${devices}`;
}

/** Milliseconds from a task's end to the beginning of the next; negative where two held the device at once. */
function shortestPause(trials) {
  const inTurn = trials.toSorted((left, right) => left.began - right.began);
  return inTurn.slice(1).reduce((least, { began }, index) => Math.min(least, began - inTurn[index].ended), Infinity);
}

function isRefusal({ code, stderr }) {
  return code === 2 && /asks for 2 .*has 1 /.test(stderr);
}

function firstLine({ stderr }) {
  return stderr.trim().split('\n')[0];
}

function onDevice([first]) {
  return first.device === 'cpu' ? 'CPU' : 'GPU';
}
