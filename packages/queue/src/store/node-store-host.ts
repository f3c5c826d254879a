import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { NodeDisk } from '@rrmq/raft';
import { openLmdb } from './node-lmdb-file.ts';
import { LmdbStore } from './node-lmdb-store.ts';
import { type ReceivingStore, type Store, StoreCorrupt, type StoreHost } from './store.ts';

/** `state-<generation>.mdb`, received or not, and the lock file that LMDB puts beside it. */
const OURS = /^state-\d+(?:\.receiving)?\.mdb(?:-lock)?$/;

const disk = new NodeDisk();

/** The LMDB files of a data directory, which must exist and be locked by this process. */
export class NodeStoreHost implements StoreHost {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async open(generation: number): Promise<Store> {
    const file = stateFile(this.#directory, generation);
    if (generation > 1 && !(await exists(file))) throw new StoreCorrupt(`${file} is missing`);
    const lmdb = await openLmdb(file);
    await this.#removeAllBut(path.basename(file));
    // A process that was killed may have left what is seen and not on disk yet.
    await syncFile(file);
    await disk.syncDirectory(this.#directory);
    return new LmdbStore(file, lmdb);
  }

  async receive(generation: number): Promise<ReceivingStore> {
    const kept = stateFile(this.#directory, generation);
    const file = kept.replace(/\.mdb$/, '.receiving.mdb');
    await remove(kept);
    await remove(file);
    const store = new LmdbStore(file, await openLmdb(file));
    return {
      store,
      keep: async () => {
        await store.close();
        await syncFile(file);
        await fs.rename(file, kept);
        await remove(file);
        await disk.syncDirectory(this.#directory);
      },
      discard: async () => {
        await store.close();
        await remove(file);
      },
    };
  }

  async turn(): Promise<void> {
    await setImmediate();
  }

  async #removeAllBut(kept: string): Promise<void> {
    for (const name of await fs.readdir(this.#directory)) {
      const isKept = name === kept || name === `${kept}-lock`;
      if (OURS.test(name) && !isKept) await fs.unlink(path.join(this.#directory, name));
    }
  }
}

export function stateFile(directory: string, generation: number): string {
  return path.join(directory, `state-${generation}.mdb`);
}

async function remove(file: string): Promise<void> {
  await fs.rm(file, { force: true });
  await fs.rm(`${file}-lock`, { force: true });
}

async function syncFile(file: string): Promise<void> {
  const handle = await fs.open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await fs.access(file);
    return true;
  } catch {
    return false;
  }
}
