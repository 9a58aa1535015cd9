/** Rows `from` (inclusive) to `to` (exclusive) of a dataset. */
export type Chunk = { readonly from: number; readonly to: number };

/** Cuts rows into chunks of equal size, none larger than `chunkRows`. No rows give no chunk. */
export function planChunks(rows: number, chunkRows: number): readonly Chunk[] {
  const count = Math.ceil(rows / chunkRows);
  const size = Math.ceil(rows / Math.max(1, count));
  return Array.from({ length: count }, (_, index) => ({ from: index * size, to: Math.min(rows, (index + 1) * size) }));
}
