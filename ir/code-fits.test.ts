import { describe, expect, it } from 'vitest';
import { reasonNotToRun } from './code-fits.ts';

describe('reasonNotToRun', () => {
  const wants = { runtimeInterface: 1, externals: { zod: '4.6.7' } };
  it('is null for a worker that has what the package wants', () => {
    expect(reasonNotToRun(wants, { zod: '4.6.7', 'apache-arrow': '1.0.0' }, 'worker cpu-1')).toBeNull();
  });
  it('names package, worker and cure for one that lacks it', () => {
    expect(reasonNotToRun(wants, {}, 'worker gpu-1')).toBe(
      'The step needs zod 4.6.7, and worker gpu-1 does not have it. Install zod@4.6.7 beside Millrace on that worker.',
    );
  });
  it('names both numbers for another runtime interface', () => {
    expect(reasonNotToRun({ ...wants, runtimeInterface: 9 }, {}, 'worker gpu-1')).toMatch(
      /interface 9 .* worker gpu-1 has 1/,
    );
  });
});
