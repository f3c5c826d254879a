import { REASON_BYTES_MAX, type SettleBody, type SettledBody } from '@rrmq/contract';
import type { Settled, Settlement } from '@rrmq/queue';
import { timeText } from './message-text.ts';

/** The settlements of a body, in the order in which they are done. */
export function settlementsOf(body: SettleBody): Settlement[] {
  const { ack = [], nack = [], release = [], reject = [], extend = [] } = body;
  return [
    ...ack.map((token): Settlement => ({ action: 'ack', token: tokenOf(token) })),
    ...nack.map(({ token, reason, ...delay }): Settlement => ({
      action: 'nack',
      token: tokenOf(token),
      ...delay,
      ...reasonOf(reason),
    })),
    ...release.map((token): Settlement => ({ action: 'release', token: tokenOf(token) })),
    ...reject.map(({ token, reason }): Settlement => ({
      action: 'reject',
      token: tokenOf(token),
      ...reasonOf(reason),
    })),
    ...extend.map(({ token, ...lease }): Settlement => ({
      action: 'extend',
      token: tokenOf(token),
      ...lease,
    })),
  ];
}

/** What came of them, in JSON. */
export function settledBody(
  settlements: readonly Settlement[],
  settled: readonly Settled[],
): SettledBody['settled'] {
  return settled.map((each, place) => {
    const token = Buffer.from(settlements[place]?.token ?? []).toString('base64url');
    if (!each.ok) return { token, ok: false, code: each.code };
    const { already, leaseExpiresAt } = each;
    return {
      token,
      ok: true,
      ...(already ? { already } : {}),
      ...(leaseExpiresAt === undefined ? {} : { leaseExpiresAt: timeText(leaseExpiresAt) }),
    };
  });
}

const tokenOf = (text: string): Buffer => Buffer.from(text, 'base64url');

const reasonOf = (reason: string | undefined) =>
  reason === undefined ? {} : { reason: cut(reason) };

/** At most `REASON_BYTES_MAX` bytes, well-formed, no character cut in two. */
function cut(text: string): string {
  const bytes = Buffer.from(text);
  let end = Math.min(bytes.length, REASON_BYTES_MAX);
  // A byte of this form continues a character.
  while (end < bytes.length && end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}
