import type { PageRequest } from '../../store/metadata/metadata-store.ts';
import type { ModelDetail, ModelHistory, ModelList } from '../schemas/model.ts';
import type { Transport } from './transport.ts';

/** The registry. */
export interface ModelClient {
  models(): Promise<ModelList>;
  /** @param page of its versions */
  model(name: string, page?: PageRequest): Promise<ModelDetail>;
  modelHistory(name: string, page?: PageRequest): Promise<ModelHistory>;
}

export function modelClient({ get }: Transport): ModelClient {
  const id = encodeURIComponent;
  return {
    models: () => get('models'),
    model: (name, page = {}) => get(`models/${id(name)}`, { ...page }),
    modelHistory: (name, page = {}) => get(`models/${id(name)}/history`, { ...page }),
  };
}
