import type { createColors } from 'picocolors';
import type { Attempt, PoolState, RunDetail, Task } from '../../server/client.ts';
import { groupedByPath } from '../output/by-path.ts';
import { durationText } from '../output/durations.ts';
import { wrapped, wrappedCommand } from '../output/wrapped.ts';
import { asBegun, isScope } from './as-begun.ts';
import { askedBy } from './asked.ts';
import { failedFirst, toldFailures } from './failures.ts';
import { runWaitText } from './pool-wait.ts';
import { noPolicies, type RetryPolicies } from './retries.ts';
import { pauseText, statusText } from './run-status.ts';
import { taskNote } from './task-note.ts';
import { type TreeNode, taskTree } from './task-tree.ts';
import { type Tally, tallyText, type WideScope, wideScopes } from './wide-scopes.ts';

export type Colors = ReturnType<typeof createColors>;

export interface PictureOptions {
  readonly now: number;
  readonly colors: Colors;
  /** Characters a line may have. */
  readonly width: number;
  /** Lines there are; finished scopes are folded to fit. */
  readonly height: number;
  readonly policies?: RetryPolicies;
}

/** What a run's lines are drawn from. */
interface Subject {
  readonly attempts: ReadonlyMap<string, readonly Attempt[]>;
  /**
   * Tasks of which something else says why they failed (one inside them, or the summary under the picture), and approvals
   * under which stands what they ask.
   */
  readonly told: ReadonlySet<Task>;
  readonly wide: ReadonlyMap<string, WideScope>;
  readonly pools: readonly PoolState[];
}

/** Most approvals that are shown with what they ask: a fan-out may wait for hundreds. */
const MOST_ASKED = 3;
/** Lines of what one asks where there is no room for all; `runs get --path` has them. */
const MOST_ASKED_LINES = 8;

/** Scopes with more children than this show how many are done in place of those that went well. */
const MANY = 12;

/** A run as lines for a terminal: its head, and its tasks as a tree. */
export function runPicture(given: RunDetail, options: PictureOptions): readonly string[] {
  const detail = asBegun(given);
  const { run } = detail;
  const subject = {
    ...{ attempts: groupedByPath(detail.attempts), told: toldElsewhere(detail) },
    ...{ wide: wideScopes(detail), pools: detail.pools },
  };
  const spent = run.startedAt === null ? '' : durationText((run.endedAt ?? options.now) - run.startedAt);
  const head = `${glyph(run.status, options.colors)} ${options.colors.bold(run.id)}  ${statusText(run)}${spent === '' ? '' : `  ${options.colors.dim(spent)}`}`;
  const waits = pauseText(run) ?? runWaitText(detail);
  const tree = taskTree(detail.tasks);
  const full = tree.flatMap((node) => nodeLines(node, 1, subject, options, false));
  const lines =
    full.length + 2 <= options.height ? full : tree.flatMap((node) => nodeLines(node, 1, subject, options, true));
  const held = waits === null ? [] : [options.colors.yellow(`  ${waits}`)];
  return [head, ...held, ...lines.slice(-Math.max(1, options.height - 2 - held.length))];
}

function toldElsewhere(detail: RunDetail): ReadonlySet<Task> {
  const first = new Set(failedFirst(detail.tasks));
  const inherited = detail.tasks.filter((task) => task.status === 'failed' && !first.has(task));
  const asking = detail.tasks.filter((task) => askedBy(task) !== null).slice(0, MOST_ASKED);
  return new Set([...inherited, ...asking, ...(detail.run.endedAt === null ? [] : toldFailures(detail).told)]);
}

function nodeLines(
  node: TreeNode,
  depth: number,
  subject: Subject,
  options: PictureOptions,
  fold: boolean,
): readonly string[] {
  const own =
    node.task === null ? scopeLine(node, depth, options) : taskLine(node.task, node.label, depth, subject, options);
  const wide = subject.wide.get(node.path);
  if (wide !== undefined) return [own, ...wideLines(wide, node, depth, subject, options)];
  if (fold && node.children.length > 0 && isSettled(node)) return [own];
  const asked = node.task !== null && subject.told.has(node.task) ? askedLines(node.task, depth, options) : [];
  const good = node.children.length > MANY ? node.children.filter(isGood) : [];
  const shown = node.children.filter((child) => !good.includes(child));
  const inner = shown.flatMap((child) => nodeLines(child, depth + 1, subject, options, fold));
  const summary = good.length === 0 ? [] : [options.colors.dim(`${'  '.repeat(depth + 1)}✓ ${good.length} done`)];
  return [own, ...asked, ...summary, ...inner];
}

/** Most that failed, or ask something, that a wide scope shows. */
const MOST_OF_WIDE = 5;
const BAR = 20;

/** Of a wide scope how far it is, and what somebody should see in it. */
function wideLines(
  wide: WideScope,
  node: TreeNode,
  depth: number,
  subject: Subject,
  options: PictureOptions,
): readonly string[] {
  const indent = '  '.repeat(depth + 1);
  const bars = wide.tallies.map((tally) => `${indent}${barText(tally)}${tallyText(tally)}`);
  const seen = tasksIn(node).filter((task) => (task.status === 'failed' && !isScope(task)) || askedBy(task) !== null);
  const shown = seen
    .slice(0, MOST_OF_WIDE)
    .flatMap((task) => [
      taskLine(task, task.path, depth + 1, subject, options),
      ...(subject.told.has(task) ? askedLines(task, depth + 1, options) : []),
    ]);
  return [...bars.map((line) => options.colors.dim(line)), ...shown];
}

function barText({ ended, of }: Tally): string {
  if (of === null || of === 0) return '';
  const full = Math.min(BAR, Math.floor((BAR * ended) / of));
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)}  `;
}

function tasksIn(node: TreeNode): readonly Task[] {
  return node.children.flatMap((child) => [...(child.task === null ? [] : [child.task]), ...tasksIn(child)]);
}

/** Under an approval that waits: what it asks and what to type, none of it cut off. */
function askedLines(task: Task, depth: number, { colors, width, height }: PictureOptions): readonly string[] {
  const asked = askedBy(task);
  if (asked === null) return [];
  const indent = '  '.repeat(depth + 2);
  const room = Math.max(20, width - indent.length);
  const lines = asked.lines.flatMap((line) => wrapped(line, room));
  const most = Number.isFinite(height) ? MOST_ASKED_LINES : lines.length;
  const shown = lines.length > most ? [...lines.slice(0, most - 1), '…'] : lines;
  const commands = asked.commands.flatMap((command) => wrappedCommand(command, room));
  return [...shown, ...commands.map((line) => colors.yellow(line))].map((line) => `${indent}${line}`);
}

function scopeLine(node: TreeNode, depth: number, { colors }: PictureOptions): string {
  return `${'  '.repeat(depth)}${colors.dim(`  ${node.label}`)}`;
}

function taskLine(
  task: Task,
  label: string,
  depth: number,
  subject: Subject,
  { now, colors, width, policies = noPolicies }: PictureOptions,
): string {
  const attempts = subject.attempts.get(task.path) ?? [];
  const note = taskNote(task, {
    attempts,
    policy: policies(task.path),
    isTold: subject.told.has(task),
    pools: subject.pools,
    now,
  });
  const spent =
    task.startedAt === null || task.status === 'skipped' ? '' : durationText((task.endedAt ?? now) - task.startedAt);
  const taken = 2 * depth + 2 + label.length + 2 + spent.length + 2;
  const room = Math.max(10, width - taken);
  const cut = note.length > room ? `${note.slice(0, room - 1)}…` : note;
  const name = task.status === 'skipped' ? colors.dim(label) : label;
  const parts = [name, spent === '' ? '' : colors.dim(spent), cut === '' ? '' : noteColor(task, colors)(cut)];
  return `${'  '.repeat(depth)}${glyph(task.status, colors)} ${parts.filter((part) => part !== '').join('  ')}`;
}

function noteColor(task: Task, colors: Colors): (text: string) => string {
  if (task.status === 'failed') return colors.red;
  return task.status === 'waiting' ? colors.yellow : colors.dim;
}

/** One character a state, told apart without colour too. */
function glyph(status: RunDetail['run']['status'] | Task['status'], colors: Colors): string {
  switch (status) {
    case 'succeeded':
      return colors.green('✓');
    case 'cached':
    case 'reused':
      return colors.cyan('≡');
    case 'failed':
      return colors.red('✗');
    case 'cancelled':
      return colors.yellow('⊘');
    case 'skipped':
      return colors.dim('-');
    case 'running':
      return colors.blue('●');
    case 'waiting':
      return colors.yellow('◷');
    default:
      return colors.dim('○');
  }
}

function isGood(node: TreeNode): boolean {
  const own = node.task === null || ['succeeded', 'cached', 'reused', 'skipped'].includes(node.task.status);
  return own && node.children.every(isGood);
}

function isSettled(node: TreeNode): boolean {
  const own = node.task === null || !['running', 'waiting'].includes(node.task.status);
  return own && node.children.every(isSettled);
}
