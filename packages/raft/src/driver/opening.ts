import { decodeConfiguration } from '../core/configuration-codec.ts';
import { logIndex } from '../core/numbers.ts';
import { Raft } from '../core/raft.ts';
import { DEFAULT_SETTINGS, type Settings } from '../core/settings.ts';
import type { StateMachine } from '../ports.ts';
import { DurableLog, type LogOptions } from '../storage/log.ts';
import { belongsTo, newDirectory } from './membership.ts';
import { type RaftNodeOptions, StoreMismatch, WrongDirectory } from './node-options.ts';

/** One group runs; every record and rpc says which. */
export const GROUP_ID = 1;

/** What the running node does for its log. */
export type LogHost = Pick<LogOptions, 'onFailure' | 'onCompacted' | 'onSlowWrite' | 'keepFrom'>;

/** Opens the log, and the state that it names in the machine's store. Both are closed again when they do not fit. */
export async function openParts<Result>(
  options: RaftNodeOptions<Result>,
  host: LogHost,
): Promise<DurableLog> {
  const { directory, machine } = options;
  const log = await DurableLog.open({ ...logOptionsOf(options), ...host });
  try {
    await machine.open(log.recovered.mark?.generation ?? 1);
    requireFit(directory, log, machine);
    return log;
  } catch (error) {
    await machine.close().catch(() => undefined);
    await log.close({ clean: false });
    throw error;
  }
}

/** Complete: defaults are filled in. */
export function settingsOf(options: RaftNodeOptions<unknown>, log: DurableLog): Settings {
  return {
    ...DEFAULT_SETTINGS,
    ...options.timing,
    ...options.limits,
    id: log.recovered.identity.nodeId,
    groupId: GROUP_ID,
  };
}

/** The core as it was when this node stopped: what the store holds is committed and applied. */
export function newCore(
  { ports, machine }: RaftNodeOptions<unknown>,
  log: DurableLog,
  settings: Settings,
): Raft {
  const { recovered } = log;
  return new Raft({
    settings,
    random: ports.random,
    hardState: recovered.hardState,
    log: recovered,
    configurations: recovered.configurations.map(({ index, payload }) => ({
      index,
      configuration: decodeConfiguration(payload),
    })),
    instances: new Map([
      ...recovered.peers,
      [recovered.identity.nodeId, recovered.identity.instanceId],
    ]),
    applied: logIndex(Math.max(machine.flushedIndex, recovered.mark?.index ?? 0)),
    now: { monotonicMs: ports.clock.monotonicMs(), wallMs: ports.clock.wallMs() },
  });
}

function logOptionsOf<Result>(options: RaftNodeOptions<Result>): Omit<LogOptions, keyof LogHost> {
  const { ports, directory, create } = options;
  return {
    disk: ports.disk,
    directory,
    groupId: GROUP_ID,
    create: create === undefined ? undefined : newDirectory(create, ports.random),
    ...(options.segmentBytes === undefined ? {} : { segmentBytes: options.segmentBytes }),
    ...(options.keepLogBytes === undefined ? {} : { keepBytes: options.keepLogBytes }),
    ...(options.keepLogBytesMax === undefined ? {} : { keepBytesMax: options.keepLogBytesMax }),
    ...(options.ballastBytes === undefined ? {} : { ballastBytes: options.ballastBytes }),
    inspect: (found) => {
      if (create === undefined || belongsTo(found, create)) return;
      throw new WrongDirectory(directory, found.identity);
    },
    pace: {
      nowMs: () => ports.clock.monotonicMs(),
      rest: (ms) => new Promise((resolve) => void ports.timers.after(ms, resolve)),
    },
    newSalt: () => Math.floor(ports.random.next() * 0x1_0000_0000),
  };
}

/** The log goes on from where the store ends; a store that knows more than the log belongs to another one. */
function requireFit(
  directory: string,
  { recovered: { mark, last } }: DurableLog,
  { flushedIndex }: StateMachine<unknown>,
): void {
  if (mark !== undefined && flushedIndex < mark.index) {
    const words = `it ends with entry ${flushedIndex}, and the log counts on entry ${mark.index}`;
    throw new StoreMismatch(directory, words);
  }
  if (flushedIndex > last) {
    const words = `it holds entry ${flushedIndex}, and the log ends with entry ${last}`;
    throw new StoreMismatch(directory, words);
  }
}
