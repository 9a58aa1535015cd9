import { expect, it } from 'vitest';
import { withoutPassword } from './without-password.ts';

it('shows of a URL neither its password nor its parameters', () => {
  expect(withoutPassword('postgres://ml:geheim@db:5432/ml?password=geheim#geheim')).toBe('postgres://ml@db:5432/ml');
  expect(withoutPassword('https://host/path')).toBe('https://host/path');
  expect(withoutPassword('geheim')).toBe('what is no URL');
});
