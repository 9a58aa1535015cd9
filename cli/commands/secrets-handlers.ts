import { CliError, EXIT } from '../cli-error.ts';
import { momentText } from '../output/durations.ts';
import { type FormatOptions, formatOf } from '../output/format-option.ts';
import { print } from '../output/print.ts';
import { table } from '../output/table.ts';
import { hiddenLine } from '../params/hidden-line.ts';
import { findPlace, type PlaceOptions } from '../place.ts';
import { withApi } from '../system/with-api.ts';

type Common = PlaceOptions & FormatOptions;

export async function listSecrets(options: Common): Promise<void> {
  const secrets = await withApi(findPlace(options), (client) => client.secrets());
  await print(formatOf(options), secrets, () => {
    if (secrets.items.length === 0) return 'No secrets are stored. Set one: millrace secrets set NAME';
    const rows = secrets.items.map((each) => [
      each.name,
      `${each.version}`,
      momentText(each.setAt),
      each.setBy,
      each.keyId,
    ]);
    return table(['SECRET', 'VERSION', 'SET (UTC)', 'BY', 'KEY'], rows);
  });
}

/** The value is no argument: those are kept by shells, and shown to everybody on the machine. */
export async function setSecret(name: string, options: Common): Promise<void> {
  const place = findPlace(options);
  const value = process.stdin.isTTY ? await hiddenLine(`Value of ${name}: `) : await standardInput();
  if (value === '') {
    throw new CliError(EXIT.badInput, `No value came for the secret ${name}.`, {
      next: `Type one, or send it: millrace secrets set ${name} < FILE`,
    });
  }
  const secret = await withApi(place, (client) => client.setSecret(name, value), { writes: true });
  await print(formatOf(options), secret, () => `Secret ${name} is stored as version ${secret.version}.`);
}

export async function deleteSecret(name: string, options: Common): Promise<void> {
  const left = await withApi(findPlace(options), (client) => client.deleteSecret(name));
  await print(formatOf(options), left, () => `Secret ${name} is deleted. What reads it fails from now on.`);
}

/** The keys are those of the API, which is started here where no system is up. */
export async function resealSecrets(options: Common): Promise<void> {
  const done = await withApi(findPlace(options), (client) => client.resealSecrets(), { writes: true });
  await print(formatOf(options), done, () => {
    const { keyId, resealed, left, others } = done;
    const before = left === 0 ? '' : `, and ${versions(left)} had it already`;
    const now = `${versions(resealed)} sealed with key ${keyId} now${before}.`;
    return others === 0
      ? `${now} No other key opens anything of this project any more.`
      : `${now} ${versions(others)} set under another key meanwhile: give every process the new key, first in its file, and ask once more.`;
  });
}

function versions(count: number): string {
  return count === 1 ? '1 version' : `${count} versions`;
}

async function standardInput(): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(piece);
  const text = new TextDecoder('utf-8', { fatal: true });
  try {
    // As in files of secrets: editors and `echo` end with a line break that is no part of the secret.
    return text.decode(Buffer.concat(pieces)).replace(/\r?\n$/, '');
  } catch {
    throw new CliError(EXIT.badInput, 'What came is no text in UTF-8, and a secret is one.', {
      next: 'Encode it, in base64 for instance, and decode it in the step.',
    });
  }
}
