import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskContext } from '../../dsl/task-context.ts';
import type { JsonValue } from '../../ir/json.ts';
import { secretVariable } from '../../ir/secret-variable.ts';
import { sendSignal } from '../../platform/signals.ts';
import { followEvents } from './command-events.ts';
import { inputWithPaths, outputWithRefs } from './command-values.ts';
import { errorOf, KnownFailure } from './error-report.ts';
import type { CommandSource, HandlerJob } from './handler-protocol.ts';
import { schemaCheck } from './json-schema-check.ts';
import { type Masker, maskerOf } from './masker.ts';
import type { RunnableStep } from './runnable-step.ts';

/*
 * A `process` step: a command in any language. Here it is a handler like any other, which writes the input to a file,
 * runs the command and reads the output from a file; so logs, limits, stopping and clearing up are those of every
 * handler. The contract with the command is docs/protocol/process-step.md.
 */

/** Names and values by which the command finds its files. */
interface CommandPlace {
  readonly folder: string;
  readonly input: string;
  readonly output: string;
  readonly artifacts: string;
  readonly events: string;
  readonly checkpoint: string;
}

const PROTOCOL = '1';
const NOT_RETRYABLE = 64;
const LAST_WORDS = 2_000;
/** More, for they are masked before they are cut: a secret in two halves would not be found. */
const MOST_HEARD = 64 << 10;
/** What a command has left in the background may hold its stderr open for ever. */
const LAST_WORDS_MS = 1_000;

export function commandStep(job: HandlerJob, source: CommandSource): RunnableStep {
  return {
    parseInput: schemaCheck(source.schemas.input),
    parseOutput: schemaCheck(source.schemas.output),
    handler: ({ input, task }) => runCommand(job, source, input as JsonValue, task),
  };
}

async function runCommand(job: HandlerJob, source: CommandSource, input: JsonValue, task: TaskContext) {
  const place = await layOut(job, source, input, task);
  const events = followEvents(place.events, task);
  const { command } = source;
  const [program = '', ...parameters] = command;
  const child = spawn(program, parameters, {
    cwd: place.folder,
    env: { ...process.env, ...variables(job, place) },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const stop = () => terminateGroup();
  task.signal.addEventListener('abort', stop, { once: true });
  // The signal for the group is for the command; this process stays to tell how it ended.
  process.on('SIGTERM', ignore);
  try {
    const ended = await ending(child, command, maskerOf(job.secrets));
    const failure = await events.close();
    if (failure) throw errorOf(failure);
    refuseBadEnd(ended, command);
    if (job.gang !== undefined && job.gang.rank > 0) return null;
    return await outputWithRefs(await readOutput(place.output, command), place.artifacts, task);
  } finally {
    task.signal.removeEventListener('abort', stop);
    process.off('SIGTERM', ignore);
    await events.close();
  }
}

async function layOut(
  job: HandlerJob,
  source: CommandSource,
  input: JsonValue,
  task: TaskContext,
): Promise<CommandPlace> {
  const at = (name: string) => join(task.scratch, name);
  const place: CommandPlace = {
    folder: at('work'),
    input: at('input.json'),
    output: at('output.json'),
    artifacts: at('artifacts'),
    events: at('events.jsonl'),
    checkpoint: at('checkpoint.json'),
  };
  await mkdir(place.folder);
  await mkdir(place.artifacts);
  // A copy: what a command changes beside itself must not be what the next attempt finds.
  if (source.folder !== null) await cp(source.folder, place.folder, { recursive: true });
  await writeFile(place.events, '');
  await writeFile(place.input, JSON.stringify(await inputWithPaths(input, task)));
  if (job.lastCheckpoint !== undefined) await writeFile(place.checkpoint, JSON.stringify(job.lastCheckpoint));
  return place;
}

function variables(job: HandlerJob, place: CommandPlace): Record<string, string> {
  const secrets = Object.entries(job.secrets).map(([name, value]) => [
    secretVariable({ secret: name, version: null }),
    value,
  ]);
  const facts = {
    MILLRACE_RUN_ID: job.run.runId,
    MILLRACE_LOGICAL_TIME: job.run.logicalTime,
    MILLRACE_PARTITION: job.run.partition,
    MILLRACE_CHECKPOINT: job.lastCheckpoint === undefined ? undefined : place.checkpoint,
  };
  const known = Object.entries(facts).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return {
    MILLRACE_PROTOCOL: PROTOCOL,
    MILLRACE_INPUT: place.input,
    MILLRACE_OUTPUT: place.output,
    MILLRACE_ARTIFACTS: place.artifacts,
    MILLRACE_EVENTS: place.events,
    MILLRACE_TASK: job.path,
    MILLRACE_ATTEMPT: String(job.attempt),
    ...Object.fromEntries(known),
    ...Object.fromEntries(secrets),
  };
}

interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
  /** The end of what it wrote to stderr. */
  readonly lastWords: string;
}

function ending(child: ChildProcess, command: readonly string[], masker: Masker): Promise<Ending> {
  let heard = '';
  child.stderr?.on('data', (piece: Buffer) => {
    process.stderr.write(piece);
    heard = `${heard}${piece.toString('utf8')}`.slice(-MOST_HEARD);
  });
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      const message = `The command '${command.join(' ')}' cannot be started on this worker: ${error.message}. Install it there, or declare the file in the step's files.`;
      reject(new KnownFailure('environment', 'CommandNotFound', message, false));
    });
    child.once('exit', (code, signal) => {
      const tell = () => resolve({ code, signal, lastWords: masker.mask(heard).slice(-LAST_WORDS).trim() });
      child.once('close', tell);
      setTimeout(tell, LAST_WORDS_MS).unref();
    });
  });
}

function refuseBadEnd({ code, signal, lastWords }: Ending, command: readonly string[]): void {
  if (code === 0) return;
  const said = lastWords === '' ? 'It wrote nothing to stderr.' : `Its last words: ${lastWords}`;
  const how = `The command '${command.join(' ')}' ended`;
  if (signal !== null) throw new KnownFailure('crash', 'CommandKilled', `${how} by ${signal}. ${said}`);
  throw new KnownFailure('handler', 'CommandFailed', `${how} with status ${code}. ${said}`, code !== NOT_RETRYABLE);
}

async function readOutput(path: string, command: readonly string[]): Promise<JsonValue> {
  const broken = (what: string) =>
    new KnownFailure('contract', 'ContractError', `The command '${command.join(' ')}' ${what}`, false);
  const text = await readFile(path, 'utf8').catch(() => {
    throw broken('ended well and wrote no output: it has to write JSON to the file that MILLRACE_OUTPUT names.');
  });
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    throw broken(`wrote an output that is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}

function terminateGroup(): void {
  sendSignal(process.platform === 'win32' ? process.pid : -process.pid, 'SIGTERM');
}

function ignore(): void {}
