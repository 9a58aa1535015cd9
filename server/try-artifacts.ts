import { textOfPlace } from '../store/artifacts/s3/s3-place.ts';
import { openContent } from '../store/open-content.ts';
import { storeSettings } from '../store/open-stores.ts';

/** The same each time, so that trying it often leaves one object. */
const TRIAL = Buffer.from('Written and read by `millrace doctor`.');

/**
 * Writes a few bytes to the artifact store that the environment names, and reads them.
 *
 * @returns Where that is; null for the folder in the home.
 * @throws RangeError for a place that is none; ArtifactError with what to do.
 */
export async function tryArtifacts(
  env: Readonly<Record<string, string | undefined>>,
  where: { readonly home: string; readonly project: string },
): Promise<string | null> {
  const { artifacts } = storeSettings(env);
  if (artifacts.kind === 'folder') return null;
  const content = await openContent({ ...where, artifacts });
  try {
    const digest = await content.artifacts.putBlob(TRIAL);
    await content.artifacts.getBlob(digest);
    return textOfPlace(artifacts.place);
  } finally {
    content.close();
  }
}
