/**
 * What is told of a server that could not start.
 *
 * @param naming How another port is named, where its own is taken.
 */
export function startFailure(error: unknown, naming: string): string {
  if (!(error instanceof Error)) return String(error);
  if (!('code' in error && error.code === 'EADDRINUSE' && 'port' in error)) return error.message;
  return `Port ${error.port} is taken by another process. Name another with ${naming}.`;
}
