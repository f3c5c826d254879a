import { readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type Change, MemoryStoreHost, NodeStoreHost, StoreCorrupt } from '@rrmq/queue';
import * as fc from 'fast-check';
import { StoreModel, contentsOf, describeStore } from './store-conformance.ts';
import { tempFolder } from './temp-folder.ts';

describeStore('in memory', () => {
  const files = new MemoryStoreHost();
  return { host: () => files.mount() };
});

describeStore('on disk', () => {
  const folder = tempFolder();
  return { host: () => new NodeStoreHost(folder) };
});

const change = (key: number, value: number): Change => ({
  key: Buffer.from([key]),
  value: Buffer.from([value]),
});

/** Lets everything that does not wait for a hook happen. */
async function settled(): Promise<void> {
  for (let i = 0; i < 50; i += 1) await Promise.resolve();
}

describe('a store in memory', () => {
  it('comes back from a crash at any point with what was flushed, and no later life sees more', async () => {
    const someWrites = fc.array(
      fc.array(fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 255 })), { maxLength: 4 }),
      {
        maxLength: 6,
      },
    );
    await fc.assert(
      fc.asyncProperty(
        someWrites,
        fc.nat({ max: 14 }),
        fc.boolean(),
        async (writes, steps, power) => {
          const gates: (() => void)[] = [];
          let open = false;
          const delay = async () => {
            if (!open) await new Promise<void>((resolve) => gates.push(resolve));
          };
          const host = new MemoryStoreHost({ delay: async () => delay() });
          const opening = host.mount().open(1);
          gates.shift()?.();
          const store = await opening;
          const [committed, flushed] = [new StoreModel(), new StoreModel()];
          let ended = 0;
          for (const write of writes) {
            const changes = write.map(([key, value]) => change(key + 1, value));
            const levels = store.write(changes);
            void levels.committed.then(() => committed.write(changes));
            const end = (): void => {
              ended += 1;
              flushed.write(changes);
            };
            void levels.flushed.then(end);
          }
          for (let step = 0; step < steps; step += 1) {
            await settled();
            gates.shift()?.();
          }
          await settled();
          expect(contentsOf(store)).toEqual(committed.contents());
          const then = ended;
          if (power) host.crash();
          else host.kill();
          open = true;
          for (const gate of gates) gate();
          await settled();
          expect(ended).toBe(then);
          const next = await host.mount().open(1);
          expect(contentsOf(next)).toEqual((power ? flushed : committed).contents());
          host.crash();
          const last = await host.mount().open(1);
          expect(contentsOf(last)).toEqual(contentsOf(next));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('fails as it is told, and nothing has changed then', async () => {
    const host = new MemoryStoreHost();
    const store = await host.open(1);
    await store.write([change(1, 1)]).flushed;
    host.failNext('commit', 'ENOSPC');
    const { committed, flushed } = store.write([change(1, 2)]);
    await expect(committed).rejects.toMatchObject({ code: 'ENOSPC' });
    await expect(flushed).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(contentsOf(store)).toEqual(['01=01']);
    await store.write([change(1, 3)]).flushed;
    expect(contentsOf(store)).toEqual(['01=03']);
  });

  it('forgets a received store that was not kept', async () => {
    const host = new MemoryStoreHost();
    await host.open(1);
    const receiving = await host.receive(2);
    await receiving.store.write([change(1, 1)]).flushed;
    host.crash();
    await expect(host.open(2)).rejects.toThrow(StoreCorrupt);
  });
});

describe('a store on disk', () => {
  const written = async (): Promise<{ folder: string; file: string }> => {
    const folder = tempFolder();
    const store = await new NodeStoreHost(folder).open(1);
    const changes = Array.from({ length: 200 }, (_, i) => ({
      key: Buffer.from([1, i]),
      value: Buffer.alloc(500, i),
    }));
    await store.write(changes).flushed;
    await store.close();
    return { folder, file: join(folder, 'state-1.mdb') };
  };

  it('leaves foreign files of the directory alone', async () => {
    const { folder } = await written();
    for (const name of ['000001.log', 'state-0.mdb', 'state-2.receiving.mdb-lock', 'state.mdb']) {
      writeFileSync(join(folder, name), 'x');
    }
    const store = await new NodeStoreHost(folder).open(1);
    await store.close();
    const left = readdirSync(folder).filter((name) => !name.endsWith('-lock'));
    expect(left).toEqual(['000001.log', 'state-1.mdb', 'state.mdb']);
  });

  it.each<[string, (file: string) => void]>([
    ['empty', (file) => writeFileSync(file, '')],
    ['of zeros', (file) => writeFileSync(file, Buffer.alloc(100_000))],
    ['of other bytes', (file) => writeFileSync(file, Buffer.alloc(100_000, 'rrmq'))],
    ['cut within its first page', (file) => truncateSync(file, 100)],
  ])('that is %s is refused', async (_, damage) => {
    const { folder, file } = await written();
    damage(file);
    const before = readFileSync(file);
    await expect(new NodeStoreHost(folder).open(1)).rejects.toThrow(StoreCorrupt);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('that was cut down to its first pages is found out', async () => {
    const { folder, file } = await written();
    truncateSync(file, 3 * 4096);
    const store = await new NodeStoreHost(folder).open(1);
    expect(() => contentsOf(store)).toThrow(StoreCorrupt);
    await store.close();
  });
});
