/**
 * Checks the gpu queue through real Temporal, on a machine with an NVIDIA GPU and, as `python3` on PATH, a Python with
 * PyTorch and onnx:
 *
 *     node bench/gpu/check.js [--device cpu]
 *
 * The system is one of its own in a temporary home. `--device cpu` is the same without a GPU: smaller networks, on the
 * CPU, by way of the same queue. Ends with 0 when all claims hold; otherwise with 1, and the home is left to look at.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { claimsOf } from './claims.js';
import { figuresOf } from './figures.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({ options: { device: { type: 'string', default: 'cuda' } } });
const SMALL = ['hidden=32,64,128', 'epochs=2'];
const params = [`device=${values.device}`, ...(values.device === 'cpu' ? SMALL : [])];

const home = await mkdtemp(join(tmpdir(), 'millrace-gpu-'));
// A system that is up already, or a worker set up otherwise, is not what is checked.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(MILLRACE|TEMPORAL)_/.test(name)));

// Ctrl-C ends the command under way, and then the system as at every end.
process.on('SIGINT', () => undefined);

/** Never rejects: that a command fails is one of the things to look at. */
function millrace(...args) {
  const command = [join(root, 'dist/cli/main.js'), ...args, '--home', home];
  const options = { env, cwd: root, timeout: 480_000, maxBuffer: 2 ** 26 };
  return new Promise((resolve) => {
    execFile(process.execPath, command, options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? error.signal), stdout, stderr });
    });
  });
}

function orThrow(what, { code, stdout, stderr }) {
  if (code !== 0) throw new Error(`${what} ended with ${code}.\n${stdout.slice(0, 2_000)}${stderr}`);
  return stdout;
}

async function askEndpoint({ row }) {
  const { urls } = JSON.parse(await readFile(join(home, 'system.json'), 'utf8'));
  const inputs = Object.entries(row).map(([name, value]) => ({ name, datatype: 'FP32', shape: [1], data: [value] }));
  const response = await fetch(`${urls.serving}/v2/models/gpu-check/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ inputs }),
  });
  const answer = await response.json();
  return answer.outputs?.[0]?.data[0] ?? Number.NaN;
}

async function check() {
  orThrow('up', await millrace('up', '--detach', '--port', '0', '--serving-port', '0', '--temporal-port', '0'));
  const run = await millrace('run', join(root, 'bench/gpu/pipeline.ts'), ...params, '--json');
  if (run.code !== 0) throw new Error(`The run ended with ${run.code}.\n${run.stderr}`);
  const detail = JSON.parse(run.stdout);
  const refused = await millrace('run', join(root, 'bench/gpu/too-many.ts'));
  const answer = await askEndpoint(detail.run.output.compared.first);
  const claims = claimsOf(detail, refused, answer);
  for (const { claim, holds, found } of claims) console.log(`${holds ? '✓' : '✗'} ${claim}: ${found}`);
  console.log(`\n${figuresOf(detail)}`);
  return claims.every(({ holds }) => holds);
}

let holds = false;
try {
  holds = await check();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
} finally {
  await millrace('down');
}
if (holds) await rm(home, { recursive: true, force: true });
else console.error(`The home, with its logs, is ${home}.`);
process.exitCode = holds ? 0 : 1;
