import { describe, expect, it } from '@jest/globals';
import type { SimDisk } from '../../src/testing/sim-disk.ts';
import { caught, simDisk } from './log-kit.ts';

async function diskWithFile(): Promise<SimDisk> {
  const disk = simDisk();
  await disk.makeDirectory('/d');
  const file = await disk.open('/d/f', 'create');
  await file.write(Buffer.alloc(1024, 'a'), 0);
  await file.sync();
  await disk.syncDirectory('/d');
  return disk;
}

/** Outcomes of many crashes, each from the same start. */
async function outcomes(prepare: (disk: SimDisk) => Promise<void>): Promise<Set<string>> {
  const found = new Set<string>();
  for (let seed = 1; seed < 60; seed += 1) {
    const disk = simDisk(seed);
    await disk.makeDirectory('/d');
    await prepare(disk);
    disk.crash();
    const names = await disk.list('/d');
    found.add(names.map((name) => `${name}:${disk.contents(`/d/${name}`).toString()}`).join(' '));
  }
  return found;
}

describe('the simulated disk', () => {
  it('keeps what was synced', async () => {
    const disk = await diskWithFile();
    disk.crash();
    expect(disk.contents('/d/f')).toEqual(Buffer.alloc(1024, 'a'));
  });

  it('may lose a name that was not synced', async () => {
    const found = await outcomes(async (disk) => {
      const file = await disk.open('/d/f', 'create');
      await file.write(Buffer.from('x'), 0);
      await file.sync();
    });
    expect(found).toEqual(new Set(['', 'f:x']));
  });

  it('keeps unsynced names in order: a later one only with the earlier ones', async () => {
    const found = await outcomes(async (disk) => {
      await disk.open('/d/a', 'create');
      await disk.rename('/d/a', '/d/b');
      await disk.open('/d/c', 'create');
    });
    expect(found).toEqual(new Set(['', 'a:', 'b:', 'b: c:']));
  });

  it('keeps any sectors of what was not synced, and all of a write in append mode', async () => {
    const found = new Set<string>();
    for (let seed = 1; seed < 200; seed += 1) {
      const disk = simDisk(seed);
      await disk.makeDirectory('/d');
      const made = await disk.open('/d/f', 'create');
      await made.write(Buffer.alloc(1024, 'a'), 0);
      await made.sync();
      await disk.syncDirectory('/d');
      await made.write(Buffer.alloc(1024, 'b'), 0);
      const durably = await disk.open('/d/f', 'append');
      await durably.write(Buffer.alloc(512, 'c'), 1024);
      disk.crash();
      const bytes = disk.contents('/d/f');
      found.add([0, 512, 1024].map((at) => bytes.toString('latin1', at, at + 1)).join(''));
    }
    expect(found).toEqual(new Set(['aac', 'abc', 'bac', 'bbc']));
  });

  it('shows what failed to be synced, and loses it in a crash', async () => {
    const disk = await diskWithFile();
    const file = await disk.open('/d/f', 'append');
    disk.failNext('write');
    expect(await caught(file.write(Buffer.alloc(512, 'z'), 0))).toMatchObject({ code: 'EIO' });
    expect(disk.contents('/d/f').toString('latin1', 0, 1)).toBe('z');
    disk.kill();
    expect(disk.contents('/d/f').toString('latin1', 0, 1)).toBe('z');
    disk.crash();
    expect(disk.contents('/d/f').toString('latin1', 0, 1)).toBe('a');
  });

  it('refuses what there is no room for, and only that', async () => {
    const disk = await diskWithFile();
    disk.setCapacity(1536);
    expect(await disk.freeBytes('/d')).toBe(512);
    const file = await disk.open('/d/f', 'append');
    expect(await caught(file.write(Buffer.alloc(1024, 'z'), 1024))).toMatchObject({
      code: 'ENOSPC',
    });
    expect(disk.contents('/d/f')).toEqual(Buffer.alloc(1024, 'a'));
    await file.write(Buffer.alloc(1024, 'b'), 0);
    await file.write(Buffer.alloc(512, 'c'), 1024);
    expect([disk.usedBytes, await disk.freeBytes('/d')]).toEqual([1536, 0]);
    await disk.unlink('/d/f');
    expect(await disk.freeBytes('/d')).toBe(1536);
  });

  it('has no effect any more from a mount whose life is over', async () => {
    const disk = await diskWithFile();
    const mount = disk.mount();
    disk.kill();
    const unlinked = mount.unlink('/d/f');
    expect(await disk.list('/d')).toEqual(['f']);
    expect(await Promise.race([unlinked, Promise.resolve('not yet')])).toBe('not yet');
  });
});
