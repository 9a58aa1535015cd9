import { exactDuration, parseDuration } from '../../ir/duration.ts';
import { CANCEL_GRACE_MS, LONGEST_GRACE_MS } from '../../ir/protocol/run-order.ts';
import type { ApiClient, Run } from '../../server/client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { type FormatOptions, formatOf } from '../output/format-option.ts';
import { print } from '../output/print.ts';
import { findPlace, type PlaceOptions } from '../place.ts';
import { graceOfHandlers, graceText } from '../submit/grace.ts';
import { withSystem } from '../system/with-api.ts';
import { endedRun } from './runs-handlers.ts';

type Common = PlaceOptions & FormatOptions;

export interface CancelOptions extends Common {
  readonly grace?: string;
  readonly now?: boolean;
}

export async function cancelRun(id: string, options: CancelOptions): Promise<void> {
  const graceMs = options.grace === undefined ? CANCEL_GRACE_MS : graceOf(options.grace);
  const how = options.now === true ? { now: true } : { graceMs };
  const run = await withSystem(
    findPlace(options),
    (client) => client.cancelRun(id, how),
    (client) => endedRun(client, id),
  );
  const own =
    graceMs > graceOfHandlers()
      ? `its tasks have ${graceText()} to, unless their worker's MILLRACE_GRACE_MS says otherwise. `
      : '';
  const asked = `${id} was asked to stop: ${own}${own === '' ? 'what' : 'What'} goes on in ${exactDuration(graceMs)} is stopped hard, finallyDo and onExit included.`;
  await print(formatOf(options), { run }, () => (run.endedAt === null ? asked : `${id} has ended: ${run.status}.`));
}

function graceOf(text: string): number {
  const ms = milliseconds(text);
  if (ms !== null && ms <= LONGEST_GRACE_MS) return Math.ceil(ms);
  throw new CliError(EXIT.badInput, `--grace is '${text}', which is no length of time that a run could be given.`, {
    next: "Write a number and a unit, as in '30s' or '10m'. To end the run at once: --now",
  });
}

function milliseconds(text: string): number | null {
  try {
    return parseDuration(text);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

export async function pauseRun(id: string, options: Common & { readonly note?: string }): Promise<void> {
  const { note = null } = options;
  await order(
    id,
    options,
    (client) => client.pauseRun(id, { note }),
    (run) =>
      run.pause === null
        ? `${id} was asked to pause: what its workers have begun goes on to its end, and nothing new begins. Go on with: millrace runs unpause ${id}`
        : `${id} is paused already, by ${run.pause.by}.`,
  );
}

export async function unpauseRun(id: string, options: Common): Promise<void> {
  await order(
    id,
    options,
    (client) => client.unpauseRun(id),
    () => `${id} was asked to go on.`,
  );
}

/** What only a run under way can be told: for one that has ended, no system is worth starting. */
async function order(
  id: string,
  options: Common,
  send: (client: ApiClient) => Promise<Run>,
  text: (run: Run) => string,
): Promise<void> {
  const run = await withSystem(findPlace(options), send, async (client) => {
    const ended = await endedRun(client, id);
    if (ended === null) return null;
    throw new CliError(EXIT.badInput, `Run ${id} has ended (${ended.status}): there is nothing to hold in it.`);
  });
  await print(formatOf(options), { run }, () => text(run));
}
