import { Option } from 'commander';
import { DEFAULT_PRIORITY } from '../../ir/protocol/slots.ts';

export interface PriorityOptions {
  readonly priority?: string;
}

/** @param whose runs it is of, where it is not the one that is submitted */
export function priorityOption(whose = ''): Option {
  const text = `${whose === '' ? '' : `of ${whose}: `}1 comes first, 5 last; ${DEFAULT_PRIORITY} when left out`;
  return new Option('--priority <1-5>', text).choices(['1', '2', '3', '4', '5']);
}

/** What was given, and nothing else. */
export function priorityIn({ priority }: PriorityOptions): { readonly priority?: number } {
  return priority === undefined ? {} : { priority: Number(priority) };
}
