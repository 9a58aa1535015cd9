/** What names a step, a pipeline or a task: it stands in addresses, paths and folders. */
export const NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;
