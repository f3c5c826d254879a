import { type RrmqClient, RrmqError } from '@rrmq/client';
import type { Sent } from './load.ts';

/** What became of the messages of one topic. */
export interface Account {
  readonly topic: string;
  readonly acked: number;
  /** Neither acknowledged nor refused: they may be there. */
  readonly unknown: number;
  readonly popped: number;
  /** What must not be, in words. */
  readonly faults: readonly string[];
}

/** All that was in a topic. */
interface Drained {
  readonly popped: readonly string[];
  /** Pops with an unknown outcome, on a machine that is starved: each may have taken one message with it. */
  readonly unknownPops: number;
}

/** Pops a topic until it is empty. */
async function drain(client: RrmqClient, topic: string): Promise<Drained> {
  const popped: string[] = [];
  for (let unknownPops = 0; ;) {
    try {
      const message = await client.pop(topic, { timeoutMs: 30_000 });
      if (message === undefined) return { popped, unknownPops };
      popped.push(message);
    } catch (error) {
      if (!(error instanceof RrmqError) || error.outcome === 'none') throw error;
      unknownPops += 1;
    }
  }
}

/** Every acked message once, in order, and none that was not sent or was refused. */
function account(topic: string, sent: readonly Sent[], { popped, unknownPops }: Drained): Account {
  const places = new Map(sent.map(({ message }, place) => [message, place]));
  const faults: string[] = [];
  let last = -1;
  for (const message of popped) {
    const place = places.get(message);
    if (place === undefined) faults.push(`invented: ${message}`);
    else if (sent[place]?.refused === true) faults.push(`refused, and there: ${message}`);
    else if (place <= last) faults.push(`twice or out of order: ${message}`);
    last = Math.max(last, place ?? -1);
  }
  const found = new Set(popped);
  const acked = sent.filter(({ ackedAtMs }) => ackedAtMs !== undefined);
  const missing = acked.filter(({ message }) => !found.has(message));
  if (missing.length > unknownPops) {
    faults.push(...missing.map(({ message }) => `lost (or popped in vain): ${message}`));
  }
  const refused = sent.filter((each) => each.refused).length;
  const unknown = sent.length - acked.length - refused;
  return { topic, acked: acked.length, unknown, popped: popped.length, faults };
}

/** Drains all topics of a load that was stopped, and accounts for them. */
export async function accountFor(
  client: RrmqClient,
  sent: ReadonlyMap<string, readonly Sent[]>,
): Promise<Account[]> {
  const accounts: Account[] = [];
  for (const [topic, messages] of sent) {
    accounts.push(account(topic, messages, await drain(client, topic)));
  }
  return accounts;
}
