import { type FormatOptions, formatOf } from '../output/format-option.ts';
import { print } from '../output/print.ts';
import { findPlace, type PlaceOptions } from '../place.ts';
import { withApi } from '../system/with-api.ts';

export async function deleteRun(
  id: string,
  options: PlaceOptions & FormatOptions & { readonly force?: boolean },
): Promise<void> {
  const run = await withApi(findPlace(options), (client) => client.deleteRun(id, options.force === true));
  await print(
    formatOf(options),
    { run },
    () => `${id} is deleted. What it made goes with a collection, once nothing else needs it: millrace gc`,
  );
}
