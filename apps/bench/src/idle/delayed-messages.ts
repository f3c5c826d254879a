import { encodeCall } from '../load/json-call.ts';
import type { LeaderLane } from '../load/leader-lane.ts';

/** Longer than any run. */
const DELAY_MS = 3_600_000;
const BATCH = 1000;

/** Publishes so many messages that are not due before the run is over. Some more when an answer was lost. */
export async function publishDelayed(
  lane: LeaderLane,
  topic: string,
  count: number,
): Promise<void> {
  for (let sent = 0; sent < count; sent += BATCH) {
    const length = Math.min(BATCH, count - sent);
    const messages = Array.from({ length }, (_, place) => ({
      body: `message ${sent + place}`,
      delayMs: DELAY_MS,
    }));
    await lane.persist(encodeCall(`POST /v1/topics/${topic}/messages`, { messages }));
  }
}
