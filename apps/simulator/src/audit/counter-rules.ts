import type { QueueView, TopicSettings, TopicStats } from '@rrmq/queue';

/** What the log tells of a topic's counters. */
export interface Counted {
  readonly published: number;
  readonly acked: number;
  readonly delivered: number;
  readonly nacked: number;
}

/** What is wrong with the counters of a topic; `undefined`: nothing. */
export function wrongCounts(stats: TopicStats, counted: Counted): string | undefined {
  const { published, acked, delivered, failed, dead, deadLettered, redriven } = stats;
  const { expired, overflow, purged } = stats.discarded;
  const live = stats.ready + stats.leased + stats.delayed;
  const gone = acked + expired + overflow + purged + redriven;
  const lettersGone = deadLettered - dead - redriven;
  const claims: [boolean, string][] = [
    [acked === counted.acked, `${acked} acked are counted, the log has ${counted.acked}`],
    [
      delivered === counted.delivered,
      `${delivered} deliveries are counted, the log has ${counted.delivered}`,
    ],
    [
      published >= counted.published,
      `${published} published are counted, the log has ${counted.published}`,
    ],
    [
      failed >= counted.nacked,
      `${failed} failures are counted, the log has ${counted.nacked} nacks`,
    ],
    [
      published === live + dead + gone,
      `of ${published} published ${live} are live, ${dead} dead, ${gone} gone by a named cause`,
    ],
    [
      lettersGone >= 0 && lettersGone <= purged,
      `of ${deadLettered} dead letters ${dead} are left, ${redriven} were published anew, ${purged} purged at most`,
    ],
  ];
  return claims.find(([holds]) => !holds)?.[1];
}

/** What is wrong with a topic right after a publish, by its limits; `undefined`: nothing. */
export function wrongFill(stats: TopicStats, { limits }: TopicSettings): string | undefined {
  const { maxMessages = Infinity, maxBytes = Infinity } = limits;
  const live = stats.ready + stats.leased + stats.delayed;
  if (live > maxMessages) return `${live} messages are live after a publish, ${maxMessages} may be`;
  if (stats.bytes > maxBytes)
    return `${stats.bytes} bytes are live after a publish, ${maxBytes} may be`;
  return undefined;
}

/** What a topic holds, state by state, page by page, is what it counts; what is wrong, if so. */
export function wrongContents(view: QueueView, topic: string): string | undefined {
  const stats = view.stats(topic);
  if (stats === undefined) return 'is not there';
  for (const state of ['ready', 'leased', 'delayed', 'dead'] as const) {
    let count = 0;
    for (let after: number | undefined = 0; after !== undefined;) {
      const page = view.peek(topic, { state, after, limit: 7 });
      count += page?.messages.length ?? 0;
      after = page?.next;
    }
    if (count !== stats[state]) return `${stats[state]} ${state} are counted, ${count} are seen`;
  }
  return undefined;
}
