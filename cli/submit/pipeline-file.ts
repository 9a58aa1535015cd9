import { USER_MODULE_FILES } from '../../code/user-module.ts';

/** Whether a word that may name a pipeline or its file names a file. */
export function isPipelineFile(word: string): boolean {
  return USER_MODULE_FILES.test(word) || word.endsWith('.json') || /[\\/]/.test(word);
}
