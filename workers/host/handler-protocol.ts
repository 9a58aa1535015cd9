import type { ArtifactKind, ArtifactRef } from '../../ir/artifact.ts';
import type { CodePackage } from '../../ir/compiled-pipeline.ts';
import type { JsonObject, JsonSchema, JsonValue } from '../../ir/json.ts';
import type { Gang } from '../../ir/protocol/gang.ts';
import type { RunFacts } from '../../ir/protocol/task-dispatch.ts';
import type { FailureKind } from '../../ir/protocol/task-failure.ts';
import type { LogLine } from '../../store/metadata/task-table.ts';

/** Where the code of a step lies on this machine. */
export type StepSource =
  | { readonly kind: 'package'; readonly folder: string; readonly package: CodePackage }
  | { readonly kind: 'builtin'; readonly module: string; readonly step: string }
  | CommandSource;

export interface CommandSource {
  readonly kind: 'command';
  /** Holds the step's files; null when it declared none. */
  readonly folder: string | null;
  readonly command: readonly string[];
  /** Steps in TypeScript bring their own, which say more. */
  readonly schemas: { readonly input: JsonSchema; readonly output: JsonSchema };
}

/** One attempt, as the process that runs the handler needs to know it. */
export interface HandlerJob {
  readonly source: StepSource;
  readonly step: string;
  readonly input: JsonObject;
  readonly path: string;
  readonly attempt: number;
  readonly run: Partial<RunFacts>;
  readonly gang: Gang | undefined;
  /** Made by whoever first needs it. */
  readonly scratch: string;
  readonly secrets: Readonly<Record<string, string>>;
  readonly lastCheckpoint: JsonValue | undefined;
}

/** What a handler asks of its host and waits for. */
export type HandlerRequest =
  | { readonly kind: 'read'; readonly ref: ArtifactRef }
  | { readonly kind: 'write'; readonly artifact: ArtifactKind; readonly path: string; readonly metadata: JsonObject }
  | { readonly kind: 'checkpoint'; readonly value: JsonValue };

/** What a handler tells its host in passing. */
export type HandlerNotice =
  | { readonly kind: 'log'; readonly level: LogLine['level']; readonly text: string }
  | { readonly kind: 'progress'; readonly share: number | null; readonly message: string | null }
  | { readonly kind: 'metrics'; readonly values: Readonly<Record<string, number>>; readonly step: number };

/** The door between a handler and the outside world; by messages where the handler has a process of its own. */
export interface HandlerPort {
  notify(notice: HandlerNotice): void;
  request(request: HandlerRequest): Promise<JsonValue>;
}

/** An error as plain data. */
export interface ErrorReport {
  readonly name: string;
  readonly message: string;
  readonly stack: string | null;
  /** Who has to act, where that is known before the host judges it. */
  readonly failureKind: FailureKind | null;
  /** False when the code itself says that another attempt is of no use. */
  readonly retryable: boolean;
}

export type HandlerResult =
  | { readonly ok: true; readonly output: JsonValue }
  | { readonly ok: false; readonly error: ErrorReport };

export type MessageToHandler =
  | { readonly kind: 'run'; readonly job: HandlerJob; readonly endMark: string }
  | { readonly kind: 'stop'; readonly reason: string }
  | { readonly kind: 'answer'; readonly id: number; readonly result: HandlerResult };

export type MessageFromHandler =
  /** The code is loaded and the input is as it should be: the handler's own time begins. */
  | { readonly kind: 'started' }
  | { readonly kind: 'notice'; readonly notice: HandlerNotice }
  | { readonly kind: 'request'; readonly id: number; readonly request: HandlerRequest }
  | { readonly kind: 'result'; readonly result: HandlerResult }
  /** What the job left to be done at once after its result is done. Another job may come, unless that did harm. */
  | { readonly kind: 'rested'; readonly isFit: boolean };
