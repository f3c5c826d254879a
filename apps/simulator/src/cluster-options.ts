import type { NodeId } from '@rrmq/raft';
import { type SimClusterOptions, SimRandom } from '@rrmq/raft/testing';
import type { QueueMachine, QueueResult } from '@rrmq/queue';
import { contentHash } from './content-hash.ts';
import { drain } from './drain.ts';
import { SimQueueHost } from './sim-queue-host.ts';

type Options = SimClusterOptions<QueueResult, QueueMachine>;

/** With less free than this, a simulated node takes nothing that makes the state grow. */
export const RESERVE_BYTES = 65_536;

/** Room that a simulated node holds back for a full disk: that of some small segments. */
const BALLAST_BYTES = 65_536;

/** A chunk that holds the state of any seed. */
const WHOLE_STATE_BYTES = 200_000;

/** So much of the log is kept for peers that live and lag: little, or more than there ever is. */
const LAG_BYTES = { little: 8_192, all: 16_777_216 } as const;

/** Elections of half of the seeds have the default timing, those of the others twice or four times it. */
const SLOWNESS = [1, 1, 2, 4] as const;
/** With the default timing: as often as by default, or half as often. */
const HEARTBEAT_MS = [50, 100] as const;
export const TIMING = {
  electionTimeoutMinMs: 300,
  electionTimeoutMaxMs: 600,
} as const;

/** What the families of a seed decide about its cluster. */
export interface ClusterTraits {
  /** The network loses, doubles and reorders. */
  readonly losses: boolean;
  /** Clocks are wrong. */
  readonly clocks: boolean;
}

/** What a seed decides about its cluster; the store of each node is told to `keep`. */
export function optionsOf(
  seed: number,
  { losses, clocks }: ClusterTraits,
  keep: (id: NodeId, host: SimQueueHost) => void,
): Omit<Options, 'onEvent' | 'onNodeFailed'> {
  const random = new SimRandom(seed ^ 0x5eed);
  const small = random.chance(0.5);
  const diskMs: readonly [number, number] = random.pick([
    [0.05, 0.5],
    [0.1, 3],
    [1, 40],
  ]);
  // Small ones, so that a snapshot is many chunks on their way and may break off between them.
  const chunkPayloadBytes = random.pick([40, 200, 1_000, WHOLE_STATE_BYTES]);
  return {
    size: random.pick([3, 3, 3, 5, 1]),
    seed,
    machines: (ofNode, id) => {
      const host = new SimQueueHost(ofNode, { diskMs, chunkPayloadBytes });
      keep(id, host);
      return host;
    },
    hashOf: contentHash,
    network: {
      drop: losses ? random.next() * 0.05 : 0,
      duplicate: losses ? random.next() * 0.05 : 0,
      reorder: losses ? random.next() * 0.05 : 0,
      minMs: 0.1,
      maxMs: random.pick([1, 5, 20]),
    },
    diskMs,
    node: {
      timing: timingOf(seed, random.pick(SLOWNESS)),
      limits: small
        ? {
            appendBytesMax: 200,
            // Many: a follower whose disk is slow holds much that it has not acknowledged.
            appendsInFlightMax: random.pick([1, 2, 4, 32]),
            windowBytes: 2_000,
            // By chance of its own: what else a seed decides stays as it was.
            uncommittedBytesMax: new SimRandom(seed ^ 0xb07d).pick([2_000, 20_000, 67_108_864]),
          }
        : {},
      // Often enough that logs are compacted, and peers that lag behind need a snapshot.
      flush: {
        flushBytes: random.pick([4_000, 20_000, 200_000]),
        flushEntries: random.pick([20, 100, 1_000]),
        flushAfterMs: random.pick([200, 2_000, 30_000]),
        // Little: nothing is executed while a slow store takes a flush.
        dirtyBytesMax: new SimRandom(seed ^ 0xd1f7).pick([250_000, 33_554_432]),
      },
      ...retentionOf(seed, random.pick([0, 8_192, 65_536]), chunkPayloadBytes),
      segmentBytes: random.pick([
        { first: 4_096, later: 8_192 },
        { first: 16_384, later: 65_536 },
      ]),
      reserveBytes: RESERVE_BYTES,
      ballastBytes: random.pick([0, BALLAST_BYTES]),
    },
    clock: () => ({
      skewMs: clocks ? random.between(-5_000, 5_000) : 0,
      rate: clocks ? 1 + (random.next() - 0.5) * 0.02 : 1,
    }),
    drain,
  };
}

/**
 * A peer that lives and lags, over a slow disk perhaps, may get a snapshot before long. What is kept must last for the
 * time that one takes, or it never catches up: little is enough where a snapshot is a single chunk.
 */
const retentionOf = (seed: number, keepLogBytes: number, chunkBytes: number) => {
  const isBrief = chunkBytes === WHOLE_STATE_BYTES && new SimRandom(seed ^ 0x7a65).chance(0.7);
  const { little, all } = LAG_BYTES;
  return { keepLogBytes, keepLogBytesMax: Math.max(keepLogBytes, isBrief ? little : all) };
};

const timingOf = (seed: number, slowness: number) => ({
  heartbeatMs: new SimRandom(seed ^ 0xbea7).pick(HEARTBEAT_MS) * slowness,
  electionTimeoutMinMs: TIMING.electionTimeoutMinMs * slowness,
  electionTimeoutMaxMs: TIMING.electionTimeoutMaxMs * slowness,
});
