/** Bundles the workflows once, at build: a worker that has to do it at its start is a second later. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error };
const { code } = await bundleWorkflowCode({
  workflowsPath: at('../dist/workflows/temporal/workflows.js'),
  payloadConverterPath: at('../dist/workflows/temporal/payload-converter.js'),
  preloadModules: [at('../dist/workflows/temporal/no-stack-traces.js')],
  logger: quiet,
});
await writeFile(at('../dist/workflow-bundle.js'), code);
