import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** How much a node's data takes on the disk, in bytes. */
export interface DataSize {
  /** Files of the log, their prepared parts included. */
  readonly logBytes: number;
  /** The store's files by their length; they may have holes. */
  readonly storeBytes: number;
  /** The blocks that the store's files really take. */
  readonly storeAllocatedBytes: number;
}

/** The state of the queue, one that is being received, and its lock file. */
const STORE_FILE = /^state-.*\.mdb(?:-lock)?$/;

const BLOCK_BYTES = 512;

/** Sums up a data directory. Files that are removed meanwhile are left out. */
export function measureData(directory: string): DataSize {
  const size = { logBytes: 0, storeBytes: 0, storeAllocatedBytes: 0 };
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const stats = statSync(join(directory, entry.name), { throwIfNoEntry: false });
    if (stats === undefined) continue;
    if (STORE_FILE.test(entry.name)) {
      size.storeBytes += stats.size;
      size.storeAllocatedBytes += stats.blocks * BLOCK_BYTES;
    } else {
      size.logBytes += stats.size;
    }
  }
  return size;
}
