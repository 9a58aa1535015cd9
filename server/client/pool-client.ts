import type { Page, PageRequest } from '../../store/metadata/metadata-store.ts';
import type { PoolState } from '../../store/metadata/pool-table.ts';
import type { SetPool } from '../schemas/pool.ts';
import type { Transport } from './transport.ts';

/** Limits over all runs. */
export interface PoolClient {
  pools(page?: PageRequest): Promise<Page<PoolState>>;
  pool(name: string): Promise<PoolState>;
  setPool(pool: SetPool): Promise<PoolState>;
  deletePool(name: string): Promise<PoolState>;
}

export function poolClient({ get, write }: Transport): PoolClient {
  const id = encodeURIComponent;
  return {
    pools: (page = {}) => get('pools', { ...page }),
    pool: (name) => get(`pools/${id(name)}`),
    setPool: ({ name, slots }) => write('PUT', `pools/${id(name)}`, { slots }),
    deletePool: (name) => write('DELETE', `pools/${id(name)}`, {}),
  };
}
