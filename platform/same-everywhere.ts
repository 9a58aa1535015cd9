/**
 * What results may depend on without their author knowing has one value in every process that runs handlers or models: a
 * machine's own would be an input that no cache key names. And none of them reports to anybody: ONNX Runtime's builds
 * otherwise send usage data to their maker.
 */
export const SAME_EVERYWHERE = { TZ: 'UTC', LANG: 'C.UTF-8', ORT_DISABLE_TELEMETRY: '1' } as const;

/** Before anything else, for threads and native libraries have their process' environment, whatever their own says. */
export function beSameEverywhere(): void {
  Object.assign(process.env, SAME_EVERYWHERE);
}
