import type { Logger } from 'pino';
import { warnAloud } from './logger.ts';

/** `0.0.0.0`, `::` and other ways to write them: all addresses of a machine. */
export function isAnyAddress(ip: string): boolean {
  return /^[0.:]+$/.test(ip);
}

/** Once, however many there are. `source` is what they stand in. */
export function warnOfAnyAddress(logger: Logger, ips: readonly string[], source: string): void {
  const ip = ips.find(isAnyAddress);
  if (ip === undefined) return;
  const text = `${source} holds the address ${ip}: others are told to call it, and whoever calls it reaches only the own machine; give the address at which this node is reached`;
  warnAloud(logger, { event: 'any-address' }, text);
}
