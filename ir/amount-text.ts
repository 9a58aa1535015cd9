/** What a task may ask a worker for. */
type Amount = 'memory' | 'cpu' | 'gpu';

/** An amount as a contract writes it: `16Gi of memory`, `2 cores`, `1 GPU`. */
export function amountText(what: Amount, amount: number): string {
  switch (what) {
    case 'memory':
      return `${memoryText(amount)} of memory`;
    case 'cpu':
      return `${amount} ${amount === 1 ? 'core' : 'cores'}`;
    case 'gpu':
      return `${amount} ${amount === 1 ? 'GPU' : 'GPUs'}`;
  }
}

function memoryText(bytes: number): string {
  const [unit, size] = bytes >= 2 ** 30 ? (['Gi', 2 ** 30] as const) : (['Mi', 2 ** 20] as const);
  return `${Number((bytes / size).toFixed(1))}${unit}`;
}
