import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { builtinDigestsFile, computeBuiltinDigests } from './builtin-digests.ts';
import { millraceFolder } from './installation.ts';

/** Run by the build, after the compiler: `node dist/code/write-builtin-digests.js`. */
const digests = await computeBuiltinDigests(join(millraceFolder(), 'dist', 'activities', 'steps.js'));
await writeFile(builtinDigestsFile(), `${JSON.stringify(digests, null, 2)}\n`);
