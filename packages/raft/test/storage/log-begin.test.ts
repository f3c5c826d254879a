import { describe, expect, it } from '@jest/globals';
import { logIndex } from '../../src/core/numbers.ts';
import {
  CREATE,
  append,
  appendSingly,
  batchOf,
  commands,
  contentsOf,
  markOf,
  openLog,
  simDisk,
  writeOf,
} from './log-kit.ts';

const JOINING = { identity: CREATE.identity, joining: Buffer.from('told on joining') };

describe('the log of a node that joins (M07)', () => {
  it('has no entry, and the configuration that it was told at index 0', async () => {
    const disk = simDisk();
    const log = await openLog(disk, { create: JOINING });
    for (const { recovered } of [log, await reopened()]) {
      expect(recovered).toMatchObject({ compacted: 0, compactedTerm: 0, last: 0, lastAt: 0 });
      expect(recovered.configurations).toEqual([{ index: 0, payload: JOINING.joining }]);
      expect(recovered.termRuns).toEqual([]);
      expect(recovered.mark).toBeUndefined();
    }

    async function reopened() {
      disk.crash();
      return openLog(disk, { create: undefined });
    }
  });

  it('takes the entries of its leader', async () => {
    const disk = simDisk();
    const log = await openLog(disk, { create: JOINING });
    const first = batchOf({ first: 1, ofTerm: 1, type: 3 }, ['the first one']);
    await append(log, writeOf({ hardState: [3, 0], batches: [first, commands(2, ['a'], 3)] }));
    disk.crash();
    const { recovered } = await openLog(disk);
    expect(recovered.configurations.map(({ index }) => index)).toEqual([0, 1]);
    expect(recovered).toMatchObject({ last: 2, hardState: { term: 3 } });
  });

  it('or a snapshot, and then what follows it', async () => {
    const disk = simDisk();
    const log = await openLog(disk, { create: JOINING });
    const configuration = [40, 'of the snapshot'] as const;
    const snapshot = markOf(50, { ofTerm: 3, generation: 2, configuration });
    await append(log, writeOf({ install: { mark: snapshot, keepsSuffix: false } }));
    await append(log, writeOf({ batches: [commands(51, ['a'], 3)] }));
    disk.crash();
    const { recovered } = await openLog(disk);
    expect(recovered).toMatchObject({ compacted: 50, compactedTerm: 3, last: 51, mark: snapshot });
    expect(recovered.configurations).toEqual([snapshot.configuration]);
  });
});

describe('a forced new cluster (M14)', () => {
  it('begins with the next cluster epoch, durably, and once', async () => {
    const disk = simDisk();
    const log = await openLog(disk);
    await appendSingly(log, 3);
    const text = await contentsOf(log);
    await log.close({ clean: true });
    const forced = await openLog(disk, { raisesEpoch: true });
    expect(forced.recovered.identity).toEqual({ ...CREATE.identity, clusterEpoch: 2 });
    expect(await contentsOf(forced)).toBe(text);
    disk.crash();
    const again = await openLog(disk);
    expect(again.recovered.identity.clusterEpoch).toBe(2);
  });
});

describe('a joint configuration (M08)', () => {
  const joint = batchOf({ first: 6, ofTerm: 1, type: 3 }, ['joint']);

  it('is in force after a restart from the log', async () => {
    const disk = simDisk();
    const log = await openLog(disk);
    await appendSingly(log, 4);
    await append(log, writeOf({ batches: [joint] }));
    disk.crash();
    const { recovered } = await openLog(disk);
    expect(recovered.configurations.at(-1)).toEqual({ index: 6, payload: Buffer.from('joint') });
  });

  it('is in force after a restart from a mark whose log is compacted, until it is truncated', async () => {
    const disk = simDisk();
    const log = await openLog(disk);
    await appendSingly(log, 4);
    await append(log, writeOf({ batches: [joint] }));
    const install = {
      mark: markOf(9, { ofTerm: 2, generation: 2, configuration: [6, 'joint'] }),
      keepsSuffix: false,
    };
    const left = batchOf({ first: 10, ofTerm: 2, type: 3 }, ['final']);
    await append(log, writeOf({ hardState: [2, 0], install, batches: [left] }));
    disk.crash();
    const found = await openLog(disk);
    const indexes = () => found.recovered.configurations.map(({ index }) => Number(index));
    expect(indexes()).toEqual([6, 10]);
    await append(found, writeOf({ truncateAfter: 9 }));
    disk.crash();
    const again = await openLog(disk);
    expect(again.recovered.configurations).toEqual([
      { index: logIndex(6), payload: Buffer.from('joint') },
    ]);
  });
});
