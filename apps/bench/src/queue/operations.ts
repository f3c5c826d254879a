import type { QueueResult } from '@rrmq/queue';
import type { Commands, DrivenMachine } from './driven-machine.ts';
import { type CommandFigures, Meter } from './meter.ts';
import type { TrafficCommands } from './traffic-kind.ts';

/** What is measured. */
export type Operation = 'publish' | 'receive' | 'settle' | 'receive+settle' | 'pop';

export interface OperationsJob {
  /** Messages a command. */
  readonly batch: number;
  /** Commands of each operation, at least. */
  readonly commands: number;
}

/**
 * So many commands of one operation, then of the next. The backlog is longer by these messages at most, and no more are
 * leased at once: there are keys for all of them.
 */
const stretchOf = (batch: number): number => Math.max(1, Math.floor(Math.min(50, 1000 / batch)));

/** Measures the operations on a topic, whose backlog stays as it is but for a stretch. */
export async function measureOperations(
  machine: DrivenMachine,
  traffic: TrafficCommands,
  { batch, commands }: OperationsJob,
): Promise<Map<Operation, CommandFigures>> {
  const meters = new Map<Operation, Meter>();
  const run = async (operation: Operation, work: Commands): Promise<void> => {
    const meter = meters.get(operation) ?? new Meter();
    meters.set(operation, meter);
    await machine.run(work, meter);
  };
  const stretch = stretchOf(batch);
  for (let done = 0; done < commands; done += stretch) {
    const tokens: Uint8Array[][] = [];
    await run('publish', publishes(traffic, batch));
    await run('receive', receives(traffic, batch, tokens));
    await run('settle', settles(traffic, tokens));
    await run('publish', publishes(traffic, batch));
    await run('receive+settle', settlingReceives(traffic, batch));
    if (batch > 1) continue;
    await run('publish', publishes(traffic, batch));
    await run(
      'pop',
      repeated(stretchOf(1), () => traffic.pop()),
    );
  }
  return new Map([...meters].map(([operation, meter]) => [operation, meter.figures()]));
}

const publishes = (traffic: TrafficCommands, batch: number): Commands =>
  repeated(stretchOf(batch), () => traffic.publish(batch));

function receives(traffic: TrafficCommands, batch: number, tokens: Uint8Array[][]): Commands {
  const work = repeated(stretchOf(batch), () => traffic.receive(batch, []));
  return {
    next: () => work.next(),
    took: (result) => {
      tokens.push(tokensOf(result));
      return messagesOf(result);
    },
  };
}

function settles(traffic: TrafficCommands, tokens: readonly Uint8Array[][]): Commands {
  let at = 0;
  const next = (): Buffer | undefined => {
    const acked = tokens[at];
    at += 1;
    return acked && traffic.settle(acked);
  };
  return { next, took: messagesOf };
}

/** Each one settles what the one before has received. */
function settlingReceives(traffic: TrafficCommands, batch: number): Commands {
  let held: Uint8Array[] = [];
  let left = stretchOf(batch);
  const next = (): Buffer | undefined => {
    if (left === 0 && held.length === 0) return undefined;
    const max = left === 0 ? 0 : batch;
    left = Math.max(left - 1, 0);
    return traffic.receive(max, held);
  };
  const took = (result: QueueResult): number => {
    held = tokensOf(result);
    return messagesOf(result);
  };
  return { next, took };
}

function repeated(times: number, make: () => Buffer): Commands {
  let left = times;
  const next = (): Buffer | undefined => {
    left -= 1;
    return left < 0 ? undefined : make();
  };
  return { next, took: messagesOf };
}

/** How many messages a command was about. @throws when it was refused, or did less than it was meant to. */
function messagesOf(result: QueueResult): number {
  if (!result.ok) throw new Error(`a command was refused: ${result.code}`);
  switch (result.kind) {
    case 'published':
      return result.count;
    case 'popped':
      return 1;
    case 'received':
      ensureSettled(result.settled);
      return result.deliveries.length;
    case 'settled':
      ensureSettled(result.settled);
      return result.settled.length;
    default:
      throw new Error(`no command of the benchmark is answered by ${result.kind}`);
  }
}

function ensureSettled(settled: readonly { readonly ok: boolean }[]): void {
  if (settled.some(({ ok }) => !ok)) throw new Error('a settlement was refused');
}

const tokensOf = (result: QueueResult): Uint8Array[] =>
  result.ok && result.kind === 'received' ? result.deliveries.map(({ token }) => token) : [];
