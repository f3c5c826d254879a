import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import type { SimDisk } from '../../src/testing/sim-disk.ts';
import {
  DIRECTORY,
  append,
  commands,
  contentsOf,
  mark,
  markOf,
  openLog,
  segmentNames,
  simDisk,
  writeOf,
} from './log-kit.ts';

const FIXTURE = new URL('fixtures/log-format-1.json', import.meta.url);

/**
 * The files of a log of format version 1, as RRMQ wrote them before it knew snapshot marks: two boots, three segments of
 * 4096 bytes, a peer, a second configuration, a truncation, and no clean stop.
 */
async function diskWithOldLog(): Promise<SimDisk> {
  const { files } = JSON.parse(await readFile(FIXTURE, 'utf8')) as {
    files: Record<string, string>;
  };
  const disk = simDisk();
  await disk.makeDirectory(DIRECTORY);
  for (const [name, content] of Object.entries(files)) {
    const file = await disk.open(`${DIRECTORY}/${name}`, 'create');
    await file.write(gunzipSync(Buffer.from(content, 'base64')), 0);
    await file.sync();
  }
  await disk.syncDirectory(DIRECTORY);
  return disk;
}

const OLD_LOG = {
  hardState: { term: 4, vote: 1 },
  mark: undefined,
  peers: [[3, 'instance three']],
  configurations: [
    [1, 'the first configuration'],
    [5, 'the second configuration'],
  ],
  termRuns: [
    { first: 1, term: 1 },
    { first: 2, term: 2 },
    { first: 9, term: 4 },
  ],
  entries: [
    '1 t1 k3 the first configuration',
    '2 t2 k2 a',
    '3 t2 k2 b',
    '4 t2 k2 c',
    '5 t2 k3 the second configuration',
    ...[6, 7, 8].map((index) => `${index} t2 k2 ${`${index}:`.padEnd(900, 'x')}`),
    '9 t4 k2 d',
    '10 t4 k2 e',
  ],
};

describe('a log of format version 1', () => {
  it('is read as it was written, and goes on', async () => {
    const disk = await diskWithOldLog();
    const log = await openLog(disk, { create: undefined });
    expect(log.recovered.incarnation).toBe(3);
    expect(await contentsOf(log)).toBe(JSON.stringify(OLD_LOG));
    await append(log, writeOf({ batches: [commands(11, ['f'], 4)] }));
    disk.crash();
    const again = await openLog(disk, { create: undefined });
    const entries = [...OLD_LOG.entries, '11 t4 k2 f'];
    expect(await contentsOf(again)).toBe(JSON.stringify({ ...OLD_LOG, entries }));
  });

  it('is compacted up to the first segment that this version began', async () => {
    const disk = await diskWithOldLog();
    const log = await openLog(disk, { create: undefined });
    const configuration = [5, 'the second configuration'] as const;
    await append(log, writeOf({ batches: [commands(11, ['f'.repeat(2000)], 4)] }));
    await mark(log, markOf(11, { ofTerm: 4, configuration }));
    await append(log, writeOf({ batches: [commands(12, ['g'.repeat(2000)], 4)] }));
    await log.close({ clean: true });
    expect(log.compacted).toBe(11);
    const again = await openLog(disk, { create: undefined });
    expect((await segmentNames(disk))[0]).not.toBe('000000000001.log');
    expect(again.recovered).toMatchObject({
      compacted: 11,
      compactedTerm: 4,
      last: 12,
      mark: { index: 11, generation: 1 },
      configurations: [{ index: 5 }],
      termRuns: [{ first: 12, term: 4 }],
    });
  });
});
