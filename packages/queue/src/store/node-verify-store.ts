import * as fs from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { openLmdb } from './node-lmdb-file.ts';
import { LmdbStore } from './node-lmdb-store.ts';
import { stateFile } from './node-store-host.ts';
import { type StoreReport, walkStore } from './store-walk.ts';
import { StoreCorrupt } from './store.ts';

/**
 * Reads all of the store of a generation, which nobody may have open, and changes no record. `undefined` when there is
 * no such file. What is wrong comes in the report.
 */
export async function verifyStore(
  directory: string,
  generation: number,
): Promise<StoreReport | undefined> {
  const file = stateFile(directory, generation);
  try {
    await fs.access(file);
  } catch {
    return undefined;
  }
  let store: LmdbStore;
  try {
    store = new LmdbStore(file, await openLmdb(file, { readOnly: true }));
  } catch (error) {
    if (!(error instanceof StoreCorrupt)) throw error;
    return { ...NOTHING, problem: error.message };
  }
  try {
    return await walkStore(store, async () => setImmediate());
  } finally {
    await store.close();
  }
}

const NOTHING: Omit<StoreReport, 'problem'> = {
  index: 0,
  at: 0,
  hash: 0,
  topics: 0,
  messages: 0,
  bytes: 0,
  producers: 0,
  leftovers: 0,
};
