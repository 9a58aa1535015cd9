import type { FeatureSpec } from 'millrace/onnx';

const time = (part: 'hour' | 'minute' | 'minuteOfDay' | 'dayOfWeek'): FeatureSpec => ({
  op: 'calendar',
  column: 'date',
  part,
});
const cross = (...of: string[]): FeatureSpec => ({ op: 'cross', of });

/** What a delay depends on. Crosses say what holds for a route at an hour, and for neither alone. */
export const features: FeatureSpec[] = [
  { op: 'category', column: 'origin', minCount: 20 },
  { op: 'category', column: 'destination', minCount: 20 },
  time('hour'),
  time('minute'),
  time('minuteOfDay'),
  time('dayOfWeek'),
  cross('origin', 'destination'),
  cross('origin', 'date.minute'),
  cross('destination', 'date.minute'),
  cross('origin', 'date.minuteOfDay'),
  cross('destination', 'date.minuteOfDay'),
  cross('origin', 'destination', 'date.hour'),
];
