import type { DecodedSettlement, Settled } from '@rrmq/queue';
import { type Grant, type LogMoment, endOf, isValid } from './life.ts';

/** One settlement and what was answered. */
export interface Settling {
  readonly item: DecodedSettlement;
  readonly answer: Settled;
  /** The delivery that the token belongs to, if it is one of this topic. */
  readonly grant: Grant | undefined;
  /** A purge may have taken the message away. */
  readonly mayBeGone: boolean;
}

/** What is wrong with the answer to a settlement; `undefined`: nothing. */
export function wrongSettlement(settling: Settling, now: LogMoment): string | undefined {
  const { answer, grant } = settling;
  if (grant === undefined) {
    if (!answer.ok && answer.code === 'invalid-token') return undefined;
    return 'is not refused, though the token is none of this topic';
  }
  return answer.ok
    ? wrongSuccess(settling, grant, now)
    : wrongRefusal(settling, grant, { code: answer.code, now });
}

function wrongSuccess(
  { item, answer }: Settling,
  grant: Grant,
  { at, gapMs }: LogMoment,
): string | undefined {
  const { life, settledAs } = grant;
  if (answer.ok && answer.already) {
    if (settledAs === item.action) return undefined;
    return `was done before, it is said, and what was done was ${settledAs ?? 'nothing'}`;
  }
  if (settledAs !== undefined) return `succeeds after the delivery was settled by ${settledAs}`;
  if (life.grant !== grant) return 'succeeds though the message was delivered again since';
  const end = endOf(grant, gapMs);
  if (end <= at) return `succeeds ${at - end} ms after the lease was over`;
  return undefined;
}

function wrongRefusal(
  { item, mayBeGone }: Settling,
  grant: Grant,
  { code, now }: { readonly code: string; readonly now: LogMoment },
): string | undefined {
  const { settledAs } = grant;
  if (code === 'invalid-token') return 'is refused, as if nobody had got this token';
  if (code === 'settled-otherwise') {
    if (settledAs !== undefined && settledAs !== item.action) return undefined;
    return `is refused, as settled otherwise: it was settled by ${settledAs ?? 'nobody'}`;
  }
  if (settledAs !== undefined) return `is refused (${code}), though ${settledAs} was done before`;
  if (mayBeGone || !isValid(grant, now)) return undefined;
  return `is refused (${code}), ${endOf(grant, now.gapMs) - now.at} ms before the lease is over`;
}
