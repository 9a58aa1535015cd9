import { type ApiClient, ApiError, type Task } from '../../server/client.ts';

/** A task, whether the run's document lists it or not. Null where the run has none of that path. */
export async function findTask(client: Pick<ApiClient, 'task'>, run: string, path: string): Promise<Task | null> {
  try {
    return await client.task(run, path);
  } catch (error) {
    if (error instanceof ApiError && error.code === 'notFound') return null;
    throw error;
  }
}
