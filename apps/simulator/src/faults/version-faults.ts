import type { SimRandom } from '@rrmq/raft/testing';
import type { Family } from './fault.ts';
import type { Trouble } from './trouble.ts';

/** Offsets in a frame, its length included, as `raft/src/driver/transport/greeting.ts` draws it. */
const TYPE = 5;
const LEAST_VERSION = 6;
const MOST_VERSION = 8;
const GREETINGS_END = 10;
/** Types of the frames that begin with a greeting. */
const HELLO = 64;
const CHALLENGE = 67;

/** One that no program speaks yet. */
const LATER_VERSION = 99;

/**
 * There is one version of the protocol so far. The least that can be tried is a node of a later one that speaks no
 * other: it is refused, the others go on, and when it is downgraded it takes part again.
 */
export const VERSIONS: Family = {
  name: 'versions',
  chance: 0.15,
  faults: [{ name: 'unknown-version', weight: 1, inject: upgrade }],
};

function upgrade(trouble: Trouble, random: SimRandom): void {
  const { network } = trouble.cluster;
  if (network.tamper !== undefined) return;
  const id = trouble.anybody(random);
  const { ip } = trouble.cluster.addressOf(id);
  trouble.down(random, id, 'kill');
  network.tamper = (chunks, from) => (from.ip === ip ? chunks.map(ofLaterVersion) : chunks);
  trouble.lasting(random, () => {
    network.tamper = undefined;
    trouble.down(random, id, 'kill');
  }, [1_000, 8_000]);
}

function ofLaterVersion(chunk: Uint8Array): Uint8Array {
  const isGreeting =
    chunk.length > GREETINGS_END && (chunk[TYPE] === HELLO || chunk[TYPE] === CHALLENGE);
  if (!isGreeting) return chunk;
  const changed = Buffer.from(chunk);
  changed.writeUInt16LE(LATER_VERSION, LEAST_VERSION);
  changed.writeUInt16LE(LATER_VERSION, MOST_VERSION);
  return changed;
}
