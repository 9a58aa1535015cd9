import { type CodePackage, RUNTIME_INTERFACE } from './compiled-pipeline.ts';

/**
 * Why a worker with these packages cannot run a step's code, naming package, versions, worker and cure; null when it
 * can. A worker asks it of itself, and a submission of what the workers have registered.
 */
export function reasonNotToRun(
  { externals, runtimeInterface }: Pick<CodePackage, 'externals' | 'runtimeInterface'>,
  installed: Readonly<Record<string, string>>,
  worker: string,
): string | null {
  if (runtimeInterface !== RUNTIME_INTERFACE) {
    return (
      `The step was compiled for runtime interface ${runtimeInterface} of Millrace, and ${worker} has ` +
      `${RUNTIME_INTERFACE}. Compile the pipeline again with the Millrace that the workers run, or update the worker.`
    );
  }
  for (const [name, wanted] of Object.entries(externals)) {
    const found = installed[name];
    if (found === wanted) continue;
    const cure = `Install ${name}@${wanted} beside Millrace on that worker`;
    if (found === undefined) return `The step needs ${name} ${wanted}, and ${worker} does not have it. ${cure}.`;
    const other = `or compile the pipeline again with ${name}@${found}`;
    return `The step was compiled with ${name} ${wanted}, and ${worker} has ${found}. ${cure}, ${other}.`;
  }
  return null;
}
