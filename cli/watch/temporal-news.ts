import type { ApiClient } from '../../server/client.ts';

const EVERY_MS = 5_000;

/** What has become of Temporal since the last look: without it a run waits, and would do so without a word. */
export interface TemporalNews {
  take(): readonly string[];
  close(): void;
}

export function temporalNews(client: Pick<ApiClient, 'health'>, everyMs = EVERY_MS): TemporalNews {
  let lines: string[] = [];
  let isAway = false;
  const look = async (): Promise<void> => {
    const temporal = (await client.health().catch(() => null))?.temporal;
    if (!temporal || temporal.answers !== isAway) return;
    isAway = !temporal.answers;
    const away = `Temporal at ${temporal.address} does not answer. The run waits for it, and goes on by itself; \`millrace doctor\` says more.`;
    lines.push(isAway ? away : `Temporal at ${temporal.address} answers again.`);
  };
  const timer = setInterval(() => void look(), everyMs);
  timer.unref();
  return {
    take: () => {
      const taken = lines;
      lines = [];
      return taken;
    },
    close: () => clearInterval(timer),
  };
}
