import type { Backfill } from '../../store/metadata/backfill-table.ts';
import type { Page, PageRequest } from '../../store/metadata/metadata-store.ts';
import type { BackfillState, CreateBackfill } from '../schemas/backfill.ts';
import type { Transport } from './transport.ts';

/** Runs of many partitions. */
export interface BackfillClient {
  createBackfill(body: CreateBackfill): Promise<BackfillState>;
  backfills(page?: PageRequest & { readonly pipeline?: string }): Promise<Page<Backfill>>;
  backfill(id: string): Promise<BackfillState>;
  cancelBackfill(id: string, keepRunning?: boolean): Promise<BackfillState>;
  retryBackfill(id: string): Promise<BackfillState>;
}

export function backfillClient({ get, post }: Transport): BackfillClient {
  const id = encodeURIComponent;
  return {
    createBackfill: (body) => post('backfills', body),
    backfills: (page = {}) => get('backfills', { ...page }),
    backfill: (name) => get(`backfills/${id(name)}`),
    cancelBackfill: (name, keepRunning = false) => post(`backfills/${id(name)}/cancel`, { keepRunning }),
    retryBackfill: (name) => post(`backfills/${id(name)}/retry`, {}),
  };
}
