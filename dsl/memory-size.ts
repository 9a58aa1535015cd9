/** Bytes, or a number and a binary unit: `'512Mi'`, `'16Gi'`. */
export type MemorySize = number | `${number}${MemoryUnit}`;
type MemoryUnit = 'Ki' | 'Mi' | 'Gi' | 'Ti';

const UNITS: Readonly<Record<MemoryUnit, number>> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };
const SIZE = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti)$/;

/**
 * Bytes in a size, rounded to a whole number.
 *
 * @throws RangeError when the text is no size, or the number is not positive and finite.
 * @example parseMemory('1.5Gi') // 1_610_612_736
 */
export function parseMemory(size: MemorySize): number {
  const match = typeof size === 'string' ? SIZE.exec(size) : null;
  const bytes = match ? Number(match[1]) * UNITS[match[2] as MemoryUnit] : size;
  if (typeof bytes === 'number' && Number.isFinite(bytes) && bytes > 0) return Math.round(bytes);
  throw new RangeError(
    `'${size}' is no amount of memory: write bytes, or a number and one of Ki, Mi, Gi, Ti, as in '512Mi' or '16Gi'.`,
  );
}
