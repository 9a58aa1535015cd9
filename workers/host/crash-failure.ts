import { KnownFailure } from './error-report.ts';
import type { ChildExit, ChildSpec } from './handler-child.ts';

/** Why a child ended without an answer, as far as that can be known, and what to do about it. */
export function crashFailure(
  { spec, hasServed }: { readonly spec: ChildSpec; readonly hasServed: boolean },
  exit: ChildExit,
  exceeded: number | null,
  lastPrinted: string,
): KnownFailure {
  const allowed =
    spec.memory === null ? 'resources.memory sets no limit' : `resources.memory allows ${mib(spec.memory)}`;
  const raise = `${allowed}. Raise it, or hold less at once.`;
  if (exceeded !== null) return outOfMemory(`The handler's processes held ${mib(exceeded)}; ${raise}`);
  if (exit.outOfMemory || /heap out of memory/i.test(lastPrinted))
    return outOfMemory(`The handler's heap was full; ${raise}`);
  if (exit.signal !== null) {
    const killed = `The handler's process was killed by ${exit.signal} before it gave an output.`;
    const hint = exit.signal === 'SIGKILL' ? ` If nobody did that, the machine was out of memory: ${raise}` : '';
    return new KnownFailure('crash', 'HandlerKilled', `${killed}${hint}`);
  }
  const ended = `The handler's process ended with code ${exit.code} before it gave an output. Return the output or throw an Error; do not call process.exit.`;
  const left =
    ' An earlier task of the same code ran in it, and what that left running may have ended it: let a handler end what it starts before it returns.';
  return new KnownFailure('crash', 'HandlerExited', hasServed ? ended + left : ended);
}

function outOfMemory(message: string): KnownFailure {
  return new KnownFailure('crash', 'OutOfMemory', message);
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
