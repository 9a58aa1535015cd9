/**
 * Makes the secrets of docker-compose.yml that are not there yet: `node deploy/make-secrets.js [FOLDER]`. Containers read
 * them as users of their own, so that the files are readable by all, and their folder by its owner alone.
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = process.argv[2] ?? fileURLToPath(new URL('secrets', import.meta.url));
const random = () => randomBytes(24).toString('hex');
/** What containers that run as other users need; a umask would take some of it away from new files. */
const READABLE = 0o644;
const secrets = {
  'postgres-password': random(),
  'api-token': random(),
  's3-credentials': `[default]\naws_access_key_id = millrace\naws_secret_access_key = ${random()}`,
  'secrets-key': randomBytes(32).toString('base64'),
};

await mkdir(folder, { recursive: true, mode: 0o700 });
await chmod(folder, 0o700);
for (const [name, secret] of Object.entries(secrets)) {
  const file = join(folder, name);
  try {
    await writeFile(file, `${secret}\n`, { mode: 0o600, flag: 'wx' });
    console.log(`made ${file}`);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    console.log(`kept ${file}`);
  }
  await chmod(file, READABLE);
}
