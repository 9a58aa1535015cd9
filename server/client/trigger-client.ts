import type { Page, PageRequest } from '../../store/metadata/metadata-store.ts';
import type { Firing, TriggerChange } from '../../store/metadata/trigger-table.ts';
import type {
  AppliedTriggers,
  ApplyTriggers,
  CreatedTrigger,
  CreateTrigger,
  TriggerState,
  UpdateTrigger,
} from '../schemas/trigger.ts';
import type { Transport } from './transport.ts';

/** Runs by what happens. */
export interface TriggerClient {
  /** With the secret of a webhook, which is told this once. */
  createTrigger(body: CreateTrigger): Promise<CreatedTrigger>;
  applyTriggers(body: ApplyTriggers): Promise<AppliedTriggers>;
  triggers(page?: PageRequest): Promise<Page<TriggerState>>;
  trigger(name: string): Promise<TriggerState>;
  /** What it did about events, and who changed it. */
  firings(name: string, page?: PageRequest): Promise<Page<Firing>>;
  triggerChanges(name: string, page?: PageRequest): Promise<Page<TriggerChange>>;
  updateTrigger(name: string, body: UpdateTrigger): Promise<TriggerState>;
  pauseTrigger(name: string, verb: 'pause' | 'unpause', note: string | null): Promise<TriggerState>;
  removeTrigger(name: string): Promise<TriggerState>;
}

export function triggerClient({ get, post, write }: Transport): TriggerClient {
  const id = encodeURIComponent;
  return {
    createTrigger: (body) => post('triggers', body),
    applyTriggers: (body) => post('triggers/apply', body),
    triggers: (page = {}) => get('triggers', { ...page }),
    trigger: (name) => get(`triggers/${id(name)}`),
    firings: (name, page = {}) => get(`triggers/${id(name)}/firings`, { ...page }),
    triggerChanges: (name, page = {}) => get(`triggers/${id(name)}/changes`, { ...page }),
    updateTrigger: (name, body) => write('PATCH', `triggers/${id(name)}`, body),
    pauseTrigger: (name, verb, note) => post(`triggers/${id(name)}/${verb}`, { note }),
    removeTrigger: (name) => write('DELETE', `triggers/${id(name)}`, {}),
  };
}
