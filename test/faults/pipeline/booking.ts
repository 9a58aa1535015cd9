import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const bookingsIn = (folder: string) => join(folder, 'bookings');

/** By what a booking is known wherever it comes from: the same for every attempt of a task. */
export const bookingKey = (runId: string | undefined, path: string) => `${runId} ${path}`;

/** Somebody else's system, which takes what it has already for done. */
export async function bookOnce(folder: string, key: string): Promise<void> {
  await mkdir(bookingsIn(folder), { recursive: true });
  await writeFile(join(bookingsIn(folder), encodeURIComponent(key)), '');
}

export async function bookedKeys(folder: string): Promise<readonly string[]> {
  const names = await readdir(bookingsIn(folder)).catch(() => []);
  return names.map(decodeURIComponent);
}
