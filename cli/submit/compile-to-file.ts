import { relative, resolve } from 'node:path';
import { blobFolder, writeCompiled } from './compiled-file.ts';
import { loadPipeline } from './load-pipeline.ts';

/** `millrace compile`. */
export async function compileToFile(file: string, output: string | undefined): Promise<void> {
  const target = resolve(output ?? file.replace(/\.[cm]?[jt]sx?$/, '').concat('.json'));
  const submittable = await loadPipeline(file);
  await writeCompiled(target, submittable);
  const { ir } = submittable.compiled;
  const steps = Object.keys(ir.steps).length;
  const [where, code] = [target, blobFolder(target)].map((path) => relative(process.cwd(), path));
  process.stdout.write(
    `${ir.name}: ${steps} ${steps === 1 ? 'step' : 'steps'}, written to ${where}, and their code to ${code}\n`,
  );
}
