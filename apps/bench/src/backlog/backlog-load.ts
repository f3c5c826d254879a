import { encodeAck, encodePublishMany, encodeReceive, tokensIn } from './v1-requests.ts';
import type { V1Lane } from './v1-lane.ts';

/** Messages a request. */
const PUBLISH_BATCH = 500;
const RECEIVE_BATCH = 100;

/** A stretch of publishes or receives. */
export interface Stretch {
  readonly messages: number;
  readonly seconds: number;
}

export const rateOf = ({ messages, seconds }: Stretch): number => messages / seconds;

/** Publishes so many messages, in batches, each lane with one request under way. */
export async function publishAll(
  lanes: readonly V1Lane[],
  { topic, messages, messageBytes }: { topic: string; messages: number; messageBytes: number },
): Promise<Stretch> {
  const batch = encodePublishMany(topic, PUBLISH_BATCH, messageBytes);
  let left = Math.ceil(messages / PUBLISH_BATCH);
  const batches = left;
  return timed(lanes, async (lane) => {
    while (left > 0) {
      left -= 1;
      await lane.send(batch);
    }
    return 0;
  }).then(({ seconds }) => ({ messages: batches * PUBLISH_BATCH, seconds }));
}

/** Receives and acks so many messages, or all that are there. */
export async function consume(
  lanes: readonly V1Lane[],
  { topic, messages }: { topic: string; messages: number },
): Promise<Stretch> {
  let left = Math.ceil(messages / RECEIVE_BATCH);
  return timed(lanes, async (lane) => {
    let received = 0;
    let held: string[] = [];
    while (left > 0) {
      left -= 1;
      held = tokensIn(await lane.send(encodeReceive(topic, RECEIVE_BATCH, held)));
      received += held.length;
      if (held.length === 0) break;
    }
    if (held.length > 0) await lane.send(encodeAck(topic, held));
    return received;
  });
}

/** Lets each lane do its part; the answers are how many messages each had. */
async function timed(
  lanes: readonly V1Lane[],
  work: (lane: V1Lane) => Promise<number>,
): Promise<Stretch> {
  const startedMs = performance.now();
  const counts = await Promise.all(lanes.map(work));
  const seconds = (performance.now() - startedMs) / 1000;
  return { messages: counts.reduce((sum, count) => sum + count, 0), seconds };
}
