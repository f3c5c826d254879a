import type { Message, PeekedMessage, QueueView } from '@rrmq/queue';
import { type Life, type LogMoment, isValid } from './life.ts';

/** So many ready messages are looked at: more than there are in a topic with leases. */
const LOOKS_MAX = 100;

/** A topic as the rules of order see it. */
export interface OrderedTopic {
  readonly name: string;
  /** Messages by their keys. */
  readonly byKey: ReadonlyMap<string, readonly Life[]>;
  readonly view: QueueView;
}

/**
 * What is wrong with the order in which messages were handed out just now; `undefined`: nothing. Nothing that is ready
 * may have been overtaken, neither among those of a priority that have no key nor among those of a key, and nobody may
 * hold another one of their keys.
 */
export function wrongOrder(
  topic: OrderedTopic,
  messages: readonly Message[],
  now: LogMoment,
): string | undefined {
  if (messages.length === 0) return undefined;
  const { view, name } = topic;
  const page = view.peek(name, { state: 'ready', after: 0, limit: LOOKS_MAX });
  for (const message of messages) {
    const { sequence, key } = message;
    const overtaken = page?.messages.find((ready) => isBefore(ready, message));
    const ofKey = key === undefined ? '' : ` of key ${key}`;
    if (overtaken !== undefined) {
      return `message ${sequence}${ofKey} overtakes ${overtaken.message.sequence}`;
    }
    const holder = key === undefined ? undefined : findHolder(topic, message, now);
    if (holder !== undefined) {
      const text = `message ${sequence}${ofKey} is delivered while ${holder.sequence}`;
      return `${text} of the same key is held, or rests after a nack`;
    }
  }
  return undefined;
}

function isBefore({ message: ready }: PeekedMessage, message: Message): boolean {
  const { sequence, key, priority } = message;
  if (ready.sequence >= sequence || ready.key !== key) return false;
  return key !== undefined || ready.priority === priority;
}

/** The message for which the key of this one should wait. */
function findHolder(
  { name, byKey, view }: OrderedTopic,
  { key = '', sequence }: Message,
  now: LogMoment,
): Life | undefined {
  for (const life of byKey.get(key) ?? []) {
    if (life.sequence === sequence || !holdsKey(life, now)) continue;
    const peeked = view.message(name, life.sequence);
    // It may have been purged, or have died otherwise.
    if (peeked !== undefined && peeked.death === undefined) return life;
  }
  return undefined;
}

function holdsKey({ end, grant, blocksKey, restsUntil }: Life, now: LogMoment): boolean {
  if (end !== undefined) return false;
  if (grant !== undefined && isValid(grant, now)) return true;
  return blocksKey && restsUntil > now.at;
}
