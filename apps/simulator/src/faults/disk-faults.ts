import type { NodeId } from '@rrmq/raft';
import type { SimRandom } from '@rrmq/raft/testing';
import { RESERVE_BYTES } from '../cluster-options.ts';
import type { SimQueueHost } from '../sim-queue-host.ts';
import type { Family } from './fault.ts';
import type { Trouble } from './trouble.ts';

/** A durable write that takes long, in ms: some, up to half a second, or seconds as a disk that hangs does. */
const SLOW_MS = 500;
const HANG_MS = [1_500, 4_000] as const;

/** When a store that had no room has written again. */
const RETRIED_MS = [1_000, 4_000] as const;

export const SLOW_DISKS: Family = {
  name: 'slow-disks',
  chance: 0.35,
  faults: [
    {
      name: 'slow-disk',
      weight: 3,
      inject: (trouble, random) => {
        const least = random.next() * 50;
        const diskMs = [least, least + random.next() * (SLOW_MS - least)] as const;
        trouble.slowDisk(random, trouble.anybody(random), diskMs);
      },
    },
    {
      name: 'hang',
      weight: 1,
      inject: (trouble, random) => trouble.slowDisk(random, trouble.anybody(random), HANG_MS),
    },
  ],
};

export const FULL_DISKS: Family = {
  name: 'full-disks',
  chance: 0.3,
  faults: [
    { name: 'disk-full', weight: 3, inject: fill },
    {
      name: 'store-full',
      weight: 1,
      inject: (trouble, random) => {
        const id = trouble.anybody(random);
        const kind = random.pick<'commit' | 'flush'>(['commit', 'commit', 'flush']);
        failStore(trouble, random, { id, failure: [kind, 'ENOSPC'] });
        // What could not be written at first must be there when it is needed.
        if (random.chance(0.5)) {
          trouble.later(random.between(...RETRIED_MS), () => trouble.down(random, id, 'crash'));
        }
      },
    },
  ],
};

/**
 * A write or sync that fails ends the process; what it wrote is in the page cache and may never reach the disk. None of
 * it was acknowledged, so this is no loss that would have to be limited to a few nodes.
 */
export const FAILING_DISKS: Family = {
  name: 'failing-disks',
  chance: 0.3,
  faults: [
    {
      name: 'write-error',
      weight: 3,
      inject: (trouble, random) => failLog(trouble, random, 'write'),
    },
    {
      name: 'sync-error',
      weight: 2,
      inject: (trouble, random) => failLog(trouble, random, 'sync'),
    },
    {
      name: 'directory-sync-error',
      weight: 1,
      inject: (trouble, random) => failLog(trouble, random, 'syncDirectory'),
    },
    {
      name: 'read-error',
      weight: 1,
      inject: (trouble, random) => failLog(trouble, random, 'read'),
    },
    {
      name: 'read-error-at-start',
      weight: 1,
      inject: (trouble, random) => {
        const id = trouble.anybody(random);
        trouble.down(random, id, 'kill');
        trouble.cluster.diskOf(id).failNext('read', 'EIO');
      },
    },
    {
      name: 'store-error',
      weight: 1,
      inject: (trouble, random) => {
        const kind = random.pick<'commit' | 'flush' | 'keep'>(['commit', 'flush', 'keep']);
        failStore(trouble, random, { id: trouble.anybody(random), failure: [kind, 'EIO'] });
      },
    },
  ],
};

export const WIPES: Family = {
  name: 'wipes',
  chance: 0.2,
  isDestructive: true,
  faults: [{ name: 'wipe', weight: 1, inject: ({ damage }, random) => damage.wipe(random) }],
};

export const CORRUPTION: Family = {
  name: 'corruption',
  chance: 0.25,
  isDestructive: true,
  faults: [{ name: 'bit-flip', weight: 1, inject: ({ damage }, random) => damage.flip(random) }],
};

/** The disk has room for so much more, and after a while for everything again. */
function fill(trouble: Trouble, random: SimRandom): void {
  const id: NodeId = trouble.anybody(random);
  const disk = trouble.cluster.diskOf(id);
  const { full } = trouble.ends;
  if (full.has(id)) return;
  disk.setCapacity(disk.usedBytes + random.pick([0, 4_096, 20_000, RESERVE_BYTES]));
  full.add(id);
  trouble.lasting(random, () => {
    disk.setCapacity(Infinity);
    // What failed for want of room may still be on its way.
    trouble.cluster.world.after(100, () => full.delete(id));
  }, [500, 6_000]);
}

function failLog(
  trouble: Trouble,
  random: SimRandom,
  kind: 'write' | 'sync' | 'syncDirectory' | 'read',
): void {
  const id = trouble.anybody(random);
  const disk = trouble.cluster.diskOf(id);
  disk.failNext(kind, 'EIO');
  trouble.lastingAs(`failures of the log of ${id}`, random, () => disk.failNever());
}

function failStore(
  trouble: Trouble,
  random: SimRandom,
  { id, failure }: { id: NodeId; failure: Parameters<SimQueueHost['failNext']> },
): void {
  const store = trouble.storeOf(id);
  store?.failNext(...failure);
  trouble.lastingAs(`failures of the store of ${id}`, random, () => store?.failNever());
}
