import type { Gang } from './gang.ts';

/** What the environment of a replica says, in Millrace's words and in those that `torch.distributed` reads. */
export function gangVariables({ rank, size, peers }: Gang): Record<string, string> {
  const [master] = peers;
  if (master === undefined) throw new RangeError(`Rank ${rank} of ${size} was given no peers.`);
  return {
    MILLRACE_RANK: String(rank),
    MILLRACE_WORLD_SIZE: String(size),
    MILLRACE_PEERS: peers.map(({ host, port }) => `${host}:${port}`).join(','),
    MILLRACE_MASTER_ADDR: master.host,
    MILLRACE_MASTER_PORT: String(master.port),
    RANK: String(rank),
    WORLD_SIZE: String(size),
    MASTER_ADDR: master.host,
    MASTER_PORT: String(master.port),
  };
}

const ANYBODY: Gang = { rank: 0, size: 1, peers: [{ host: '', port: 0 }] };
/** Their names, which a step with replicas may not declare for itself. */
export const GANG_VARIABLES: readonly string[] = Object.keys(gangVariables(ANYBODY));
