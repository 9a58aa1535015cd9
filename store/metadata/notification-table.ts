import type { Page, PageRequest } from './metadata-store.ts';

export const NOTIFIED_EVENTS = [
  ...(['runFailed', 'runSucceeded', 'runCancelled', 'approvalDue', 'partitionLate'] as const),
  'message',
] as const;
export type NotifiedEvent = (typeof NOTIFIED_EVENTS)[number];

/** An address that may be secret itself, as Slack's are: then its secret is named. */
export type TargetUrl =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'secret'; readonly secret: string };

export interface WebhookChannel {
  readonly kind: 'webhook';
  readonly url: TargetUrl;
  /** The secret that requests are signed with; null for none. */
  readonly signWith: string | null;
}

/** What Slack calls an incoming webhook; Mattermost, Rocket.Chat and others take the same. */
export interface SlackChannel {
  readonly kind: 'slack';
  readonly url: TargetUrl;
}

export const MAIL_TLS = ['starttls', 'tls', 'none'] as const;

export interface EmailChannel {
  readonly kind: 'email';
  readonly host: string;
  readonly port: number;
  /** `starttls` and `tls` send nothing where it cannot be had. */
  readonly tls: (typeof MAIL_TLS)[number];
  readonly user: string | null;
  /** The secret with the user's password; null without one. */
  readonly password: string | null;
  readonly from: string;
  readonly to: readonly string[];
}

export type Channel = WebhookChannel | SlackChannel | EmailChannel;

/** A rule: who is told, of what, and how. */
export interface Notification {
  readonly name: string;
  readonly channel: Channel;
  readonly events: readonly NotifiedEvent[];
  /** Null for all. */
  readonly pipelines: readonly string[] | null;
  /** Milliseconds since the epoch, as are all times here. */
  readonly createdAt: number;
  readonly createdBy: string;
  /** The sequence of the newest event when it was made: it tells of later ones. Clocks of machines differ, so that times cannot say it. */
  readonly since: number;
}

/** What a notification is made of. */
export type NewNotification = Omit<Notification, 'createdAt' | 'since'>;

/** What is told, before a channel writes it in its own form. Secrets masked. */
export interface Message {
  readonly event: NotifiedEvent | 'test';
  readonly at: number;
  /** A line: what happened, in which pipeline and run. */
  readonly title: string;
  readonly pipeline: string | null;
  readonly run: string | null;
  /** The approval that is due, or the task that says something. */
  readonly task: string | null;
  /** How the run failed, its task first; or what the approval asks; or what the task says. */
  readonly detail: string | null;
  /** The command that shows more. */
  readonly next: string;
}

export type DeliveryStatus = 'pending' | 'delivered' | 'failed';

/** One message to one target, until it was taken there or given up. */
export interface Delivery {
  /** The same at every try, so that who receives it twice can tell. */
  readonly id: string;
  readonly notification: string;
  readonly message: Message;
  readonly status: DeliveryStatus;
  /** Tries that have begun. */
  readonly attempts: number;
  /** Of the next try. */
  readonly nextAt: number;
  /** Why it was not taken; of one that is delivered, who of its receivers did not get it. */
  readonly lastError: string | null;
  readonly createdAt: number;
  readonly endedAt: number | null;
}

export type NewDelivery = Pick<Delivery, 'id' | 'notification' | 'message' | 'createdAt'>;

/**
 * How a try ended: taken, `error` saying for which receivers not, and null for all; refused, to be tried at a time or, with null,
 * never again.
 */
export type TryEnd =
  | { readonly kind: 'delivered'; readonly error: string | null; readonly at: number }
  | { readonly kind: 'refused'; readonly error: string; readonly at: number; readonly nextAt: number | null };

/** The rules of a project, and the outbox of what they tell. */
export interface NotificationTable {
  /** @throws MetadataError `conflict` for a name that is taken. */
  create(notification: NewNotification): Promise<Notification>;
  get(name: string): Promise<Notification | null>;
  /** By name. */
  list(): Promise<readonly Notification[]>;
  /** What is pending of it is given up; its history stays. @throws MetadataError `notFound`. */
  delete(name: string): Promise<void>;
  /** Those whose id is there already are left as they are. */
  enqueue(deliveries: readonly NewDelivery[]): Promise<void>;
  /** Notifications that have something to be tried at a time. */
  due(now: number): Promise<readonly string[]>;
  /** Takes the oldest that are due, each for one process: nobody else gets it before the lease ends. Counts a try. */
  claim(notification: string, claim: { now: number; leaseUntil: number; limit: number }): Promise<readonly Delivery[]>;
  /** @returns false for a try that is not the last any more: nothing is written then */
  endTry(delivery: Pick<Delivery, 'id' | 'attempts'>, end: TryEnd): Promise<boolean>;
  /** Newest first. */
  deliveries(notification: string, page?: PageRequest): Promise<Page<Delivery>>;
  /** Ended ones of before a time go. */
  deleteBefore(at: number): Promise<void>;
}
