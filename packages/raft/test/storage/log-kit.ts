import { EntryBatch, EntryType } from '../../src/core/entry-batch.ts';
import { type LogIndex, logIndex, logTime, nodeId, term } from '../../src/core/numbers.ts';
import type { Install, LogWrite, SnapshotMark } from '../../src/core/ready.ts';
import type { Disk } from '../../src/ports.ts';
import type { NewDirectory } from '../../src/storage/boot.ts';
import { DurableLog, type LogOptions, type SegmentBytes } from '../../src/storage/log.ts';
import { SimDisk } from '../../src/testing/sim-disk.ts';
import type { DiskOperation } from '../../src/testing/sim-store.ts';

export const DIRECTORY = '/data/log';
const SMALL: SegmentBytes = { first: 4096, later: 8192 };

export const CREATE = {
  identity: {
    clusterId: '0123456789abcdef0123456789abcdef',
    clusterEpoch: 1,
    instanceId: 'fedcba9876543210fedcba9876543210',
    nodeId: nodeId(2),
  },
  firstConfiguration: Buffer.from('the first configuration'),
} satisfies NewDirectory;

/** mulberry32 */
export function seeded(seed: number): { next: () => number; below: (n: number) => number } {
  let state = seed;
  const next = () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { next, below: (n) => Math.floor(next() * n) };
}

/** A simulated disk that can crash when the n-th operation from now begins. */
export class CrashDisk {
  readonly disk: SimDisk;
  operations = 0;
  readonly seen: DiskOperation[] = [];
  #left = Infinity;
  #how: 'crash' | 'kill' = 'crash';
  #crashed: () => void = () => undefined;

  constructor(seed: number) {
    this.disk = new SimDisk({
      random: seeded(seed),
      delay: async (operation) => this.#meet(operation),
    });
  }

  /** Runs `work`, which the crash cuts off; tells whether the crash came. */
  async crashing(
    when: { operations: number; how: 'crash' | 'kill' },
    work: () => Promise<void>,
  ): Promise<boolean> {
    this.#left = when.operations;
    this.#how = when.how;
    const crashed = new Promise<boolean>((resolve) => {
      this.#crashed = () => resolve(true);
    });
    const finished = work().then(() => false);
    const result = await Promise.race([finished, crashed]);
    this.#left = Infinity;
    return result;
  }

  async #meet(operation: DiskOperation): Promise<void> {
    this.operations += 1;
    this.seen.push(operation);
    this.#left -= 1;
    if (this.#left !== 0) return undefined;
    if (this.#how === 'crash') this.disk.crash();
    else this.disk.kill();
    this.#crashed();
    return new Promise<never>(() => undefined);
  }
}

export function simDisk(seed = 1): SimDisk {
  return new SimDisk({ random: seeded(seed) });
}

export type OpenChoices = Partial<Omit<LogOptions, 'disk' | 'groupId'>>;

let salts = 0;

/** Opens a log with small segments; an I/O error that the test does not expect fails it. */
export async function openLog(disk: Disk, choices: OpenChoices = {}): Promise<DurableLog> {
  return DurableLog.open({
    disk,
    directory: DIRECTORY,
    groupId: 1,
    create: CREATE,
    segmentBytes: SMALL,
    keepBytes: 0,
    ballastBytes: 0,
    newSalt: () => {
      salts += 1;
      return salts;
    },
    onFailure: (error) => {
      throw error;
    },
    ...choices,
  });
}

export function commands(first: number, payloads: readonly string[], ofTerm = 1): EntryBatch {
  return batchOf({ first, ofTerm, type: EntryType.command }, payloads);
}

export function batchOf(
  what: { first: number; ofTerm: number; type: EntryType },
  payloads: readonly string[],
): EntryBatch {
  const { first, ofTerm, type } = what;
  const header = { groupId: 1, first: logIndex(first), term: term(ofTerm), at: logTime(0), type };
  return EntryBatch.encode(
    header,
    payloads.map((payload) => Buffer.from(payload)),
  );
}

export function writeOf(parts: {
  hardState?: [ofTerm: number, vote: number];
  install?: Install;
  truncateAfter?: number;
  batches?: readonly EntryBatch[];
}): LogWrite {
  const { hardState, install, truncateAfter, batches = [] } = parts;
  return {
    hardState: hardState && { term: term(hardState[0]), vote: nodeId(hardState[1]) },
    install,
    truncateAfter: truncateAfter === undefined ? undefined : logIndex(truncateAfter),
    batches,
  };
}

interface MarkParts {
  readonly ofTerm?: number;
  readonly generation?: number;
  /** Index and payload. */
  readonly configuration?: readonly [number, string];
}

/** A mark of an entry of a log in which only entry 1 is a configuration. */
export function markOf(index: number, parts: MarkParts = {}): SnapshotMark {
  const { ofTerm = 1, generation = 1 } = parts;
  const [from, payload] = parts.configuration ?? [1, CREATE.firstConfiguration.toString()];
  return {
    index: logIndex(index),
    term: term(ofTerm),
    at: logTime(0),
    configuration: { index: logIndex(from), payload: Buffer.from(payload) },
    generation,
  };
}

/** Marks and waits until it is durable. */
export async function mark(log: DurableLog, what: SnapshotMark): Promise<void> {
  return new Promise((resolve) => {
    log.mark(what, resolve);
  });
}

/** Appends and waits until it is durable. */
export async function append(log: DurableLog, write: LogWrite): Promise<void> {
  return new Promise((resolve) => {
    log.append(write, resolve);
  });
}

export async function rememberPeer(log: DurableLog, id: number, instance: string): Promise<void> {
  return new Promise((resolve) => {
    log.rememberPeer(nodeId(id), instance, resolve);
  });
}

/** `n` writes of one entry each, every one a frame of its own. Entries start at 2. */
export async function appendSingly(log: DurableLog, n: number, bytes = 10): Promise<void> {
  const from = log.durable + 1;
  for (let i = from; i < from + n; i += 1) {
    await append(log, writeOf({ batches: [commands(i, [`${i}:`.padEnd(bytes, 'x')])] }));
  }
}

/** All entries from `first` on, as text. */
export async function entriesIn(
  log: DurableLog,
  first: LogIndex,
  maxBytes: number,
): Promise<string[]> {
  const entries: string[] = [];
  for (let next = first; next <= log.durable;) {
    for (const batch of await log.read(next, maxBytes)) {
      for (const entry of batch) {
        if (entry.index !== next) throw new Error(`entry ${entry.index} came instead of ${next}`);
        entries.push(`${entry.index} t${entry.term} k${entry.type} ${entry.payload.toString()}`);
        next = logIndex(next + 1);
      }
    }
  }
  return entries;
}

/** Everything that the log said when it was opened, and its entries, as text: equal texts are equal logs. */
export async function contentsOf(log: DurableLog, maxBytes = 700): Promise<string> {
  const { hardState, peers, configurations, termRuns, mark: found } = log.recovered;
  return JSON.stringify({
    hardState,
    mark: found && { ...found, configuration: found.configuration.payload.toString() },
    peers: [...peers],
    configurations: configurations.map(({ index, payload }) => [index, payload.toString()]),
    termRuns,
    entries: await entriesIn(log, logIndex(log.compacted + 1), maxBytes),
  });
}

/** The names of segment files, oldest first. */
export async function segmentNames(disk: Disk, directory = DIRECTORY): Promise<string[]> {
  const names = await disk.list(directory);
  return names.filter((name) => name.endsWith('.log'));
}

export async function caught(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it was expected to fail');
}
