import type { Task } from '../../server/client.ts';

/** A place in a run's picture: a task, or a scope that holds some (an item, an iteration, a branch). */
export interface TreeNode {
  /** What its path adds to that of the node above: `train`, `[3]`, `#2`, `do/sign`. */
  readonly label: string;
  readonly path: string;
  /** Null for a scope. */
  readonly task: Task | null;
  readonly children: readonly TreeNode[];
}

interface Draft {
  label: string;
  path: string;
  task: Task | null;
  children: Map<string, Draft>;
}

/** The tasks of a run as the tree that their paths say, in the order in which they first appeared. */
export function taskTree(tasks: readonly Task[]): readonly TreeNode[] {
  const root: Draft = { label: '', path: '', task: null, children: new Map() };
  const byAppearance = [...tasks].sort((left, right) => begin(left) - begin(right) || left.sequence - right.sequence);
  for (const task of byAppearance) {
    let place = root;
    for (const { label, path } of stations(task.path)) place = childOf(place, label, path);
    place.task = task;
  }
  return frozen(root);
}

/** A task that never started has only the moment of its last change; one that waits to begin comes last. */
function begin(task: Task): number {
  return task.startedAt ?? (task.status === 'waiting' ? Number.POSITIVE_INFINITY : task.at);
}

/** `trials[3]/train` passes by `trials`, `trials[3]` and `trials[3]/train`. */
function stations(path: string): readonly { label: string; path: string }[] {
  const found: { label: string; path: string }[] = [];
  let before = '';
  for (const segment of path.split('/')) {
    for (const label of segment.match(/\[\d+\]|#\d+|[^[\]#]+/g) ?? [segment]) {
      const isInside = label.startsWith('[') || label.startsWith('#');
      before = isInside || before === '' ? `${before}${label}` : `${before}/${label}`;
      found.push({ label, path: before });
    }
  }
  return found;
}

function childOf(parent: Draft, label: string, path: string): Draft {
  const known = parent.children.get(label);
  if (known !== undefined) return known;
  const child: Draft = { label, path, task: null, children: new Map() };
  parent.children.set(label, child);
  return child;
}

/** A scope with one thing in it is shown with it, as `[3]/train`. Items and iterations stand in their own order. */
function frozen(draft: Draft): readonly TreeNode[] {
  const children = [...draft.children.values()];
  if (children.every((child) => place(child) !== null))
    children.sort((left, right) => (place(left) ?? 0) - (place(right) ?? 0));
  return children.map((child) => {
    const node: TreeNode = { ...child, children: frozen(child) };
    const [only, ...others] = node.children;
    return node.task === null && only !== undefined && others.length === 0
      ? { ...only, label: `${node.label}/${only.label}` }
      : node;
  });
}

/** The number of an item (`[3]`) or iteration (`#2`). */
function place({ label }: Draft): number | null {
  return label.startsWith('[') || label.startsWith('#') ? Number.parseInt(label.slice(1), 10) : null;
}
