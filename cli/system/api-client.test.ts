import { afterEach, expect, it, vi } from 'vitest';
import { apiClient } from './api-client.ts';

afterEach(() => vi.unstubAllEnvs());

it('refuses a token that no header can carry, before it asks', () => {
  vi.stubEnv('MILLRACE_API_TOKEN', 'schlüssel-der-nicht-geht\n');
  expect(() => apiClient('http://127.0.0.1:7420', 'default')).toThrow(/^MILLRACE_API_TOKEN has to have 16 characters/);
});
