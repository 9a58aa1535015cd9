import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../ir/json.ts';
import { envSecrets } from '../../store/secrets/env-secrets.ts';
import {
  type DispatchChanges,
  dispatchOf,
  failureOf,
  type HostFixture,
  logOf,
  openHost,
  RUN,
  type RunOptions,
  runTask,
} from './task-host.suite.ts';

let fixture: HostFixture;
beforeAll(async () => {
  fixture = await openHost({ secrets: envSecrets({ MILLRACE_SECRET_API_KEY: 'canary-77aa31' }) });
});
afterAll(() => fixture.close());

/** Runs a Python script as a process step. */
async function python(script: string, changes: DispatchChanges & RunOptions = {}) {
  const { digest } = await fixture.filesOf({ 'scripts/main.py': `import json, os, sys, time\n${script}` });
  return command(['python3', '-u', 'scripts/main.py'], { kind: 'package', digest }, changes);
}

function command(
  words: readonly string[],
  code: Parameters<typeof dispatchOf>[0],
  changes: DispatchChanges & RunOptions = {},
) {
  const contract = { implementation: { kind: 'process', command: words, files: [] }, ...changes.contract } as const;
  return runTask(fixture.host, dispatchOf(code, { ...changes, contract }), changes);
}

const NONE = { kind: 'none' } as const;

describe('a process step in Python', () => {
  it('reads its input and artifacts, and writes an output with artifacts', async () => {
    const source = join(fixture.home, 'rows.csv');
    await writeFile(source, 'a,b\n1,2\n3,4\n');
    const rows = await fixture.stores.artifacts.put('dataset', source, { rows: 2 });
    const script = `
import csv
with open(os.environ['MILLRACE_INPUT']) as file:
    given = json.load(file)
with open(given['rows']['path']) as file:
    total = sum(int(row['a']) * given['factor'] for row in csv.DictReader(file))
folder = os.environ['MILLRACE_ARTIFACTS']
with open(os.path.join(folder, 'out.csv'), 'w') as file:
    file.write('total\\n%d\\n' % total)
os.makedirs(os.path.join(folder, 'parts'))
for part in range(2):
    with open(os.path.join(folder, 'parts', '%d.txt' % part), 'w') as file:
        file.write(str(part))
with open(os.environ['MILLRACE_OUTPUT'], 'w') as file:
    json.dump({
        'total': total,
        'made': {'artifact': 'dataset', 'path': 'out.csv', 'metadata': {'rows': 1}},
        'parts': [{'artifact': 'file', 'path': 'parts'}],
        'same': given['rows'],
    }, file)`;
    const input = { rows, factor: 10 };
    const output = (await python(script, { input })) as JsonObject & { made: { uri: string; digest: string } };
    expect(output).toMatchObject({ total: 40, made: { artifact: 'dataset', metadata: { rows: 1 } }, same: rows });
    expect(output.same).toEqual(rows);
    expect(await readFile(await fixture.stores.artifacts.fetch(output.made), 'utf8')).toBe('total\n40\n');
    const [parts] = output.parts as unknown as { uri: string; digest: string }[];
    expect(await readFile(join(await fixture.stores.artifacts.fetch(parts ?? rows), '1.txt'), 'utf8')).toBe('1');
  });

  it('runs as the page on the contract shows', async () => {
    const page = await readFile(new URL('../../docs/protocol/process-step.md', import.meta.url), 'utf8');
    const script = /```python\n(.*?)```/s.exec(page)?.[1] ?? '';
    const source = join(fixture.home, 'delays.csv');
    await writeFile(source, 'delay\n5\n20\n30\n');
    const rows = await fixture.stores.artifacts.put('dataset', source, {});
    const output = (await python(script, { input: { rows, above: 15 } })) as unknown as { late: typeof rows };
    expect(output).toMatchObject({ rows: 3 });
    expect(await readFile(await fixture.stores.artifacts.fetch(output.late), 'utf8')).toBe('delay\n20.0\n30.0\n');
  });

  it('tells progress, metrics, log lines and checkpoints by lines of a file', async () => {
    const script = `
def tell(event):
    with open(os.environ['MILLRACE_EVENTS'], 'a') as file:
        file.write(json.dumps(event) + '\\n')
before = None
if 'MILLRACE_CHECKPOINT' in os.environ:
    with open(os.environ['MILLRACE_CHECKPOINT']) as file:
        before = json.load(file)
if before is None:
    tell({'kind': 'progress', 'share': 0.25, 'message': 'epoch 1'})
    tell({'kind': 'metrics', 'values': {'loss': 0.5}, 'step': 1})
    tell({'kind': 'log', 'level': 'warn', 'message': 'from the file'})
    tell({'kind': 'checkpoint', 'value': {'epoch': 1}})
    tell({'kind': 'dance'})
    print('printed')
    sys.exit(3)
with open(os.environ['MILLRACE_OUTPUT'], 'w') as file:
    json.dump({'before': before, 'attempt': os.environ['MILLRACE_ATTEMPT'], 'run': os.environ.get('MILLRACE_RUN_ID')}, file)`;
    const failure = await failureOf(python(script, { path: 'telling' }));
    expect(failure).toMatchObject({ kind: 'handler', name: 'CommandFailed', retryable: true });
    const { tasks } = fixture.stores.metadata;
    expect((await tasks.attempts(RUN, 'telling'))[0]).toMatchObject({ progress: 0.25, message: 'epoch 1' });
    expect((await tasks.points(RUN, { path: 'telling' })).items[0]).toMatchObject({ value: 0.5, step: 1 });
    const lines = (await logOf(fixture.stores, 'telling')).map(({ stream, text }) => `${stream} ${text}`);
    expect(lines).toEqual(expect.arrayContaining(['log from the file', 'stdout printed']));
    expect(lines.join('\n')).toContain('no event of the protocol: {"kind": "dance"}');
    const again = await python(script, { path: 'telling', attempt: 2, reads: { runId: RUN } });
    expect(again).toEqual({ before: { epoch: 1 }, attempt: '2', run: RUN });
  });

  it('is given only what it declares', async () => {
    process.env.MILLRACE_HOME = '/secret/place';
    const script = `
with open(os.environ['MILLRACE_OUTPUT'], 'w') as file:
    json.dump({'names': sorted(os.environ), 'length': len(os.environ['MILLRACE_SECRET_KEY'])}, file)
print(os.environ['MILLRACE_SECRET_KEY'])`;
    const settings = { secrets: { key: { secret: 'api-key', version: null } }, env: { MODE: 'fast' } };
    const output = await python(script, { path: 'environment', settings });
    delete process.env.MILLRACE_HOME;
    const { names, length } = output as unknown as { names: string[]; length: number };
    expect(length).toBe('canary-77aa31'.length);
    expect(names).toContain('MODE');
    expect(names.filter((name) => name.startsWith('MILLRACE_'))).toEqual(
      ['ARTIFACTS', 'ATTEMPT', 'EVENTS', 'INPUT', 'OUTPUT', 'PROTOCOL', 'SECRET_KEY', 'TASK'].map(
        (name) => `MILLRACE_${name}`,
      ),
    );
    expect(names.filter((name) => /TEMPORAL|AWS|NODE_CHANNEL/.test(name))).toEqual([]);
    expect((await logOf(fixture.stores, 'environment')).map(({ text }) => text)).toEqual(['***']);
  });
});

describe('the end of a command', () => {
  it('with status 64 is final, with its last words', async () => {
    const failure = await failureOf(python(`print('no such column', file=sys.stderr)\nsys.exit(64)`));
    expect(failure).toMatchObject({ kind: 'handler', name: 'CommandFailed', retryable: false });
    expect(failure.message).toContain('status 64. Its last words: no such column');
  });

  it('has a secret masked in its last words, wherever they begin', async () => {
    const script = `
key = os.environ['MILLRACE_SECRET_KEY']
print(key + 'x' * (2_000 - len(key) // 2), file=sys.stderr)
sys.exit(64)`;
    const settings = { secrets: { key: { secret: 'api-key', version: null } } };
    const { message } = await failureOf(python(script, { settings }));
    expect(message).toContain('xxx');
    expect(message).not.toContain('canary-77aa31'.slice(7));
  });

  it('is not held up by what it leaves in the background, which is killed', async () => {
    const file = join(fixture.home, 'background');
    const script = `(sleep 8; echo late > ${file}) & echo '{}' > "$MILLRACE_OUTPUT"; echo said >&2; exit "$0"`;
    const before = performance.now();
    expect(await command(['sh', '-c', script, '0'], NONE)).toEqual({});
    const failure = await failureOf(command(['sh', '-c', script, '1'], NONE));
    expect(failure.message).toContain('status 1. Its last words: said');
    expect(performance.now() - before).toBeLessThan(7_500);
    await delay(before + 10_000 - performance.now());
    expect(existsSync(file)).toBe(false);
  });

  it('can be told by the command itself', async () => {
    const script = `
with open(os.environ['MILLRACE_EVENTS'], 'a') as file:
    file.write('{"kind": "failure", "name": "Hopeless", "message": "the data is empty"}\\n')
sys.exit(1)`;
    const failure = await failureOf(python(script));
    expect(failure).toMatchObject({
      kind: 'handler',
      name: 'Hopeless',
      message: 'the data is empty',
      retryable: false,
    });
  });

  it('by a signal is a crash', async () => {
    const failure = await failureOf(python(`os.kill(os.getpid(), 11)`));
    expect(failure).toMatchObject({ kind: 'crash', name: 'CommandKilled' });
    expect(failure.message).toContain('SIGSEGV');
  });

  it.each([
    ['without an output', '', 'wrote no output'],
    ['with an output that is no JSON', `open(os.environ['MILLRACE_OUTPUT'], 'w').write('{')`, 'not JSON'],
    [
      'with an artifact from elsewhere',
      `open(os.environ['MILLRACE_OUTPUT'], 'w').write('{"a": {"artifact": "file", "path": "../input.json"}}')`,
      'not in the folder',
    ],
    [
      'with an artifact that it did not write',
      `open(os.environ['MILLRACE_OUTPUT'], 'w').write('{"a": {"artifact": "file", "path": "none"}}')`,
      'did not write',
    ],
  ])('%s breaks the contract', async (_, script, found) => {
    const failure = await failureOf(python(script));
    expect(failure).toMatchObject({ kind: 'contract', retryable: false });
    expect(failure.message).toContain(found);
  });

  it('with an output of another shape breaks the contract, and so does an input', async () => {
    const shape = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] } as const;
    const script = `open(os.environ['MILLRACE_OUTPUT'], 'w').write('{"n": "one"}')`;
    const wrong = await failureOf(python(script, { contract: { output: shape } }));
    expect(wrong).toMatchObject({ kind: 'contract', name: 'ContractError' });
    expect(wrong.message).toContain('n: has to be a number, and is text');
    const bad = await failureOf(python(script, { contract: { input: shape } }));
    expect(bad.message).toContain('n: is required');
  });

  it('never came, for there is no such command', async () => {
    const failure = await failureOf(command(['no-such-command-here'], NONE));
    expect(failure).toMatchObject({ kind: 'environment', name: 'CommandNotFound', retryable: false });
  });
});

describe('stopping a command', () => {
  it('sends SIGTERM to it and to what it started, and takes its last checkpoint', async () => {
    const stop = new AbortController();
    const script = `
import signal, subprocess
child = subprocess.Popen(['sh', '-c', 'trap "echo child >&2; exit" TERM; while :; do sleep 0.1; done'])
def end(number, frame):
    with open(os.environ['MILLRACE_EVENTS'], 'a') as file:
        file.write('{"kind": "checkpoint", "value": "saved"}\\n')
    child.wait()
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
with open(os.environ['MILLRACE_EVENTS'], 'a') as file:
    file.write('{"kind": "progress", "share": 0.5}\\n')
while True:
    time.sleep(0.1)`;
    const onProgress = ({ share }: { share: number | null }) =>
      void (share !== null && delay(300).then(() => stop.abort()));
    const failure = await failureOf(python(script, { path: 'stopped', signal: stop.signal, onProgress }));
    expect(failure.kind).toBe('cancelled');
    expect(await fixture.stores.metadata.tasks.checkpoint(RUN, 'stopped')).toBe('saved');
    expect((await logOf(fixture.stores, 'stopped')).map(({ text }) => text)).toContain('child');
  });

  it('kills what does not listen', async () => {
    const script = `
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    pass`;
    const failure = await failureOf(python(script, { settings: { timeoutMs: 1_000 } }));
    expect(failure).toMatchObject({ kind: 'timeout' });
  });
});
