import type { Message } from '@rrmq/queue';
import { type Life, type LogMoment, endOf, isValid } from './life.ts';

/** What is wrong with handing out a message now; `undefined`: nothing. */
export function wrongDelivery(life: Life, message: Message, now: LogMoment): string | undefined {
  const { end, grant, restsUntil, expiresAt } = life;
  const { at, gapMs } = now;
  if (!message.body.equals(life.body)) return 'with another body than it was published with';
  if (message.key !== life.key || message.priority !== life.priority) {
    return 'with another key or priority than it was published with';
  }
  if (end === 'acked') return 'again, though it was acked';
  if (end !== undefined) return `again, though it is a dead letter (${end})`;
  if (grant !== undefined && isValid(grant, now)) {
    return `again, though somebody holds it for ${endOf(grant, gapMs) - at} ms more: two valid tokens`;
  }
  if (restsUntil > at) return `${restsUntil - at} ms before its time`;
  if (expiresAt !== undefined && expiresAt <= at) {
    return `${at - expiresAt} ms after its time to live was over`;
  }
  return undefined;
}
