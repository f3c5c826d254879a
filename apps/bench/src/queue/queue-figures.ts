import type { FlushFigures } from './flushing.ts';
import type { CommandFigures } from './meter.ts';
import type { Operation } from './operations.ts';
import type { TrafficKind } from './traffic-kind.ts';

/** One operation with so many messages a command. */
export interface Measured {
  readonly operation: Operation;
  readonly batch: number;
  readonly figures: CommandFigures;
}

/** What was measured with one backlog. */
export interface QueueLevel {
  readonly kind: TrafficKind;
  /** Messages in the topic. */
  readonly backlog: number;
  /** The publishes that made the backlog. */
  readonly filling: CommandFigures;
  /** What the backlog takes on the disk. */
  readonly storeBytes: number;
  /** Of all that was done. */
  readonly flushing: FlushFigures;
  readonly measured: readonly Measured[];
}

/** Messages a second of executing alone. */
export const executedPerSecond = ({ messages, busyMs }: CommandFigures): number =>
  (messages * 1000) / busyMs;

/** The same, if each command took as long as the one in the middle: other work on the machine changes it little. */
export const medianPerSecond = ({ commands, messages, p50Us }: CommandFigures): number =>
  (messages / commands) * (1e6 / p50Us);

/** Commands a second of executing alone. */
export const commandsPerSecond = ({ commands, busyMs }: CommandFigures): number =>
  (commands * 1000) / busyMs;

/** Messages a second with flushes, and waiting for the disk. */
export const sustainedPerSecond = ({ messages, elapsedMs }: CommandFigures): number =>
  (messages * 1000) / elapsedMs;

/** The rate with the longest backlog, as a part of that with the shortest one. */
export function flatness(rates: readonly number[]): number | undefined {
  const [first, last] = [rates[0], rates.at(-1)];
  return first === undefined || last === undefined ? undefined : last / first;
}
