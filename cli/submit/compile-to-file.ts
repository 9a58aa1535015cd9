import { relative, resolve } from 'node:path';
import { everyNode } from '../../ir/every-node.ts';
import { paramsText } from '../../ir/params-text.ts';
import type { PipelineIR } from '../../ir/pipeline-ir.ts';
import { blobFolder, refuseToReplace, writeCompiled } from './compiled-file.ts';
import { loadPipeline } from './load-pipeline.ts';

/** `millrace compile`. */
export async function compileToFile(file: string, output: string | undefined): Promise<void> {
  const target = resolve(output ?? file.replace(/\.[cm]?[jt]sx?$/, '').concat('.json'));
  await refuseToReplace(target);
  const submittable = await loadPipeline(file);
  await writeCompiled(target, submittable);
  const { ir } = submittable.compiled;
  const [where, code] = [target, blobFolder(target)].map((path) => relative(process.cwd(), path));
  process.stdout.write(`${sizeText(ir)}, written to ${where}, and their code to ${code}\n${takesText(ir)}\n`);
}

function sizeText(ir: PipelineIR): string {
  const tasks = everyNode(ir).filter(({ node }) => node.kind === 'task').length;
  const steps = Object.keys(ir.steps).length;
  return `${ir.name}: ${counted(tasks, 'task')} of ${counted(steps, 'step')}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function takesText({ params }: PipelineIR): string {
  return `parameters: ${paramsText(params) || 'none'}`;
}
