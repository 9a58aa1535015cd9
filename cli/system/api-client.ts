import { apiToken } from '../../server/api-token.ts';
import { type ApiClient, createClient } from '../../server/client.ts';

/**
 * The API as this command's user may ask it: with MILLRACE_API_TOKEN, where it is set.
 *
 * @throws RangeError for a token's file that cannot be read, and a token that no API has.
 */
export function apiClient(url: string, project: string): ApiClient {
  return createClient(url, project, apiToken(process.env));
}
