import type { Page, PageRequest } from '../../store/metadata/metadata-store.ts';
import type { ScheduleChange } from '../../store/metadata/schedule-table.ts';
import type { CreateSchedule, ScheduleState, Triggered, UpdateSchedule } from '../schemas/schedule.ts';
import type { Transport } from './transport.ts';

/** Runs by the clock. */
export interface ScheduleClient {
  createSchedule(body: CreateSchedule): Promise<ScheduleState>;
  schedules(page?: PageRequest): Promise<Page<ScheduleState>>;
  schedule(name: string): Promise<ScheduleState>;
  scheduleHistory(name: string, page?: PageRequest): Promise<Page<ScheduleChange>>;
  updateSchedule(name: string, body: UpdateSchedule): Promise<ScheduleState>;
  /** @param verb and, for people, why */
  pauseSchedule(name: string, verb: 'pause' | 'unpause', note: string | null): Promise<ScheduleState>;
  triggerSchedule(name: string): Promise<Triggered>;
  removeSchedule(name: string): Promise<ScheduleState>;
}

export function scheduleClient({ get, post, write }: Transport): ScheduleClient {
  const id = encodeURIComponent;
  return {
    createSchedule: (body) => post('schedules', body),
    schedules: (page = {}) => get('schedules', { ...page }),
    schedule: (name) => get(`schedules/${id(name)}`),
    scheduleHistory: (name, page = {}) => get(`schedules/${id(name)}/history`, { ...page }),
    updateSchedule: (name, body) => write('PATCH', `schedules/${id(name)}`, body),
    pauseSchedule: (name, verb, note) => post(`schedules/${id(name)}/${verb}`, { note }),
    triggerSchedule: (name) => post(`schedules/${id(name)}/trigger`, {}),
    removeSchedule: (name) => write('DELETE', `schedules/${id(name)}`, {}),
  };
}
