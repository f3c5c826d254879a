import { decodeConfiguration, encodeConfiguration } from '../core/configuration-codec.ts';
import { assert } from '../core/assert.ts';
import { EntryBatch, EntryType } from '../core/entry-batch.ts';
import { type LogIndex, NOBODY, type NodeId, logIndex, term } from '../core/numbers.ts';
import type { Disk, Random } from '../ports.ts';
import { DurableLog } from '../storage/log.ts';
import { NotMember } from './node-options.ts';
import { GROUP_ID } from './opening.ts';

interface ForceOptions {
  readonly disk: Disk;
  readonly random: Random;
  /** Of a node that does not run. */
  readonly directory: string;
}

/** What was made of a data directory. */
export interface ForcedCluster {
  readonly nodeId: NodeId;
  readonly clusterEpoch: number;
  /** The last entry of the old cluster's log that is kept. */
  readonly last: LogIndex;
  /** The members that are no longer any. */
  readonly removed: readonly NodeId[];
}

/**
 * Makes a node the only member of a new cluster, when a majority of the old one is lost for good. All entries of its log
 * are kept and count as committed, and acknowledged ones that it never got are lost. The epoch is raised, durably and
 * first: nodes of the old cluster that come back are refused. Rejects with `NoLog`, `DirectoryLocked`, `LogCorrupt` or
 * the disk's own error.
 */
export async function forceNewCluster(options: ForceOptions): Promise<ForcedCluster> {
  const { disk, random, directory } = options;
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  failed.catch(() => undefined);
  const log = await DurableLog.open({
    disk,
    directory,
    groupId: GROUP_ID,
    create: undefined,
    raisesEpoch: true,
    newSalt: () => Math.floor(random.next() * 0x1_0000_0000),
    onFailure: (error) => fail(error),
  });
  try {
    const forced = await Promise.race([appendOwnConfiguration(log, directory), failed]);
    await log.close({ clean: true });
    return forced;
  } catch (error) {
    await log.close({ clean: false });
    throw error;
  }
}

/** In a new term, so that no old leader's entries can follow. */
async function appendOwnConfiguration(log: DurableLog, directory: string): Promise<ForcedCluster> {
  const { identity, hardState, last, lastAt, configurations } = log.recovered;
  const newest = configurations.at(-1);
  assert(newest !== undefined, 'a log holds a configuration');
  const old = decodeConfiguration(newest.payload);
  const self = old.members.find(({ id }) => id === identity.nodeId);
  if (self === undefined) throw new NotMember(directory, identity.nodeId);
  const payload = encodeConfiguration({
    members: [self],
    voters: [self.id],
    outgoing: [],
    learners: [],
    promoting: [],
    nextId: old.nextId,
  });
  const newTerm = term(hardState.term + 1);
  const header = {
    groupId: GROUP_ID,
    first: logIndex(last + 1),
    term: newTerm,
    at: lastAt,
    type: EntryType.configuration,
  };
  await new Promise<void>((resolve) => {
    const write = {
      hardState: { term: newTerm, vote: NOBODY },
      install: undefined,
      truncateAfter: undefined,
      batches: [EntryBatch.encode(header, [payload])],
    };
    log.append(write, resolve);
  });
  return {
    nodeId: self.id,
    clusterEpoch: identity.clusterEpoch,
    last,
    removed: old.members.map(({ id }) => id).filter((id) => id !== self.id),
  };
}
