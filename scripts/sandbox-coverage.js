/**
 * Vitest's V8 coverage, and with it what runs in Temporal's workflow sandbox. There the code is not a module that
 * vitest loaded but the built bundle, one script of the isolate, so the provider would drop what V8 counted in it.
 */
import { readFile } from 'node:fs/promises';
import inspector from 'node:inspector/promises';
import { fileURLToPath } from 'node:url';

const BUNDLE = new URL('../dist/workflow-bundle.js', import.meta.url);
const SOURCE_MAP = /^\/\/# sourceMappingURL=data:application\/json;[^,]*base64,(\S+)\s*$/m;

// Vitest loads this module twice in a worker, once to start and once to take; the session is one.
const SESSION = Symbol.for('millrace.coverageSession');
globalThis[SESSION] ??= new inspector.Session();
const session = globalThis[SESSION];

export default {
  async startCoverage() {
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  },
  async takeCoverage({ moduleExecutionInfo } = {}) {
    const { result } = await session.post('Profiler.takePreciseCoverage');
    // The sandbox names its script by a path, modules by a URL.
    const named = result.map((script) =>
      script.url === fileURLToPath(BUNDLE) ? { ...script, url: BUNDLE.href } : script,
    );
    const ours = named.filter(({ url }) => url.startsWith('file://') && !url.includes('/node_modules/'));
    const startOf = (url) => moduleExecutionInfo?.get(fileURLToPath(url))?.startOffset ?? 0;
    return { result: ours.map((script) => ({ ...script, startOffset: startOf(script.url) })) };
  },
  async stopCoverage() {
    await session.post('Profiler.stopPreciseCoverage');
    await session.post('Profiler.disable');
    session.disconnect();
  },
  async getProvider() {
    // The workers of a test run, which load this module too, have no use for the provider and its parsers.
    const { V8CoverageProvider } = await import('@vitest/coverage-v8/dist/provider.js');
    return new (withSandbox(V8CoverageProvider))();
  },
};

const withSandbox = (Provider) =>
  class SandboxCoverageProvider extends Provider {
    async convertCoverage(coverage, project, environment) {
      const map = await super.convertCoverage(coverage, project, environment);
      const bundle = coverage.result.find(({ url }) => url === BUNDLE.href);
      if (bundle) map.merge(await this.remapCoverage(BUNDLE.href, 0, await readBundle(), bundle.functions));
      return map;
    }
  };

async function readBundle() {
  const code = await readFile(BUNDLE, 'utf8');
  const encoded = SOURCE_MAP.exec(code)?.[1];
  if (!encoded) throw new Error(`${fileURLToPath(BUNDLE)} has no source map; run \`npm run build\`.`);
  return { code, map: JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) };
}
