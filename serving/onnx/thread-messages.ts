import type { JsonObject } from '../../ir/json.ts';
import type { ServedSignature, TensorMap } from '../lifecycle/servable.ts';

/** What a model's thread is started with. */
export interface ThreadStart {
  readonly modelPath: string;
  readonly example: JsonObject | null;
  /** Whether the model's maker says that each row is answered by itself. */
  readonly saidRowwise: boolean;
}

export type ToThread =
  | { readonly kind: 'run'; readonly id: number; readonly feeds: TensorMap; readonly outputs: readonly string[] }
  | { readonly kind: 'close' };

export type FromThread =
  | { readonly kind: 'loaded'; readonly signature: ServedSignature }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'answer'; readonly id: number; readonly outputs: TensorMap }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };
