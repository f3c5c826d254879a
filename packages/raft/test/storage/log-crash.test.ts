import { describe, expect, it } from '@jest/globals';
import { logIndex } from '../../src/core/numbers.ts';
import type { DurableLog } from '../../src/storage/log.ts';
import {
  CrashDisk,
  type OpenChoices,
  batchOf,
  commands,
  markOf,
  openLog,
  seeded,
  writeOf,
} from './log-kit.ts';
import { Ledger } from './log-ledger.ts';
import { lastOf, markAt, randomStep } from './log-model.ts';

async function script(machine: CrashDisk, ledger: Ledger): Promise<void> {
  const disk = machine.disk.mount();
  const log = await openLog(disk);
  const write = (parts: Parameters<typeof writeOf>[0]) =>
    ledger.submit(log, { kind: 'write', write: writeOf(parts) });
  const next = () => lastOf(ledger.newest) + 1;
  await write({ hardState: [2, 3] });
  const together = [0, 1, 2].map(() =>
    write({ batches: [commands(next(), ['a', 'b'.repeat(600)], 2)] }),
  );
  await ledger.submit(log, { kind: 'peer', id: 3, instanceId: 'three' });
  await Promise.all(together);
  await write({ batches: [batchOf({ first: next(), ofTerm: 2, type: 3 }, ['configuration two'])] });
  await write({
    truncateAfter: 4,
    hardState: [3, 0],
    batches: [commands(5, ['c'.repeat(3000)], 3)],
  });
  for (let i = 0; i < 3; i += 1)
    await write({ batches: [commands(next(), ['d'.repeat(2000)], 3)] });
  await write({ batches: [commands(next(), ['e'.repeat(12_000)], 3)] });
  await log.close({ clean: true });
  const again = await openLog(disk);
  await ledger.submit(again, { kind: 'write', write: writeOf({ hardState: [4, 1] }) });
  await again.close({ clean: false });
}

/** Appends, rotations, marks, segments that go and come again as spares, and snapshots that are installed. */
async function compactingScript(machine: CrashDisk, ledger: Ledger): Promise<void> {
  const disk = machine.disk.mount();
  const choices = { segmentBytes: { first: 2048, later: 4096 }, ballastBytes: 2048 };
  const log = await openLog(disk, choices);
  log.prepareSpare();
  await log.prepareBallast();
  const next = () => lastOf(ledger.newest) + 1;
  const grow = async (entries: number, ofTerm: number) => {
    for (let n = 0; n < entries; n += 1) {
      const batches = [commands(next(), [`${next()}`.padEnd(900, 'g')], ofTerm)];
      await ledger.submit(log, { kind: 'write', write: writeOf({ batches }) });
    }
  };
  const flush = (index: number) =>
    ledger.submit(log, { kind: 'mark', mark: markAt(ledger.newest, index) });
  await ledger.submit(log, { kind: 'write', write: writeOf({ hardState: [2, 3] }) });
  for (let round = 0; round < 3; round += 1) {
    await grow(5, 2);
    await flush(next() - 2);
  }
  await grow(2, 2);
  const kept = { mark: markAt(ledger.newest, next() - 2, 1), keepsSuffix: true };
  await ledger.submit(log, { kind: 'write', write: writeOf({ install: kept }) });
  await grow(2, 2);
  const truncateAfter = logIndex(next() - 2);
  const batches = [commands(truncateAfter + 1, ['instead'], 3)];
  await ledger.submit(log, { kind: 'write', write: writeOf({ truncateAfter, batches }) });
  await grow(3, 3);
  await log.releaseBallast();
  const reset = markOf(next() + 20, { ofTerm: 5, generation: 3, configuration: [7, 'installed'] });
  const install = { mark: reset, keepsSuffix: false };
  await ledger.submit(log, { kind: 'write', write: writeOf({ hardState: [5, 1], install }) });
  await grow(6, 5);
  await flush(next() - 1);
  await log.close({ clean: false });
}

async function recoverInto(machine: CrashDisk, ledger: Ledger): Promise<void> {
  const disk = machine.disk.mount();
  const log = await openLog(disk);
  await ledger.found(log);
  await ledger.submit(log, {
    kind: 'write',
    write: writeOf({ batches: [commands(lastOf(ledger.newest) + 1, ['after'], 99)] }),
  });
  await log.close({ clean: false });
  const reopened = await openLog(disk);
  await ledger.found(reopened);
  await reopened.close({ clean: true });
}

type Script = typeof script;

async function operationsOf(run: Script): Promise<number> {
  const machine = new CrashDisk(0);
  await run(machine, new Ledger());
  return machine.operations;
}

describe.each([
  ['append, rotate, truncate and reopen (W07)', script],
  ['rotate, mark, compact, recycle and install (W04, W07, S02, S04)', compactingScript],
])('a crash at each single disk operation of %s', (_, run: Script) => {
  it.each(['crash', 'kill'] as const)('loses nothing that was done (%s)', async (how) => {
    const total = await operationsOf(run);
    for (let operations = 1; operations <= total; operations += 1) {
      for (let seed = 0; seed < 2; seed += 1) {
        const machine = new CrashDisk(seed * 1000 + operations);
        const ledger = new Ledger();
        await machine.crashing({ operations, how }, () => run(machine, ledger));
        await recoverInto(machine, ledger);
      }
    }
    expect(total).toBeGreaterThan(60);
  });

  it('loses nothing when recovery crashes at each of its operations, too', async () => {
    const total = await operationsOf(run);
    for (let operations = 10; operations <= total; operations += 11) {
      for (let second = 1; second <= 30; second += 2) {
        const machine = new CrashDisk(operations * 100 + second);
        const ledger = new Ledger();
        await machine.crashing({ operations, how: 'crash' }, () => run(machine, ledger));
        await machine.crashing({ operations: second, how: 'crash' }, () =>
          recoverInto(machine, ledger),
        );
        await recoverInto(machine, ledger);
      }
    }
  });
});

/** How a log of this seed keeps house: segments of all sizes, and of what is marked much, little or nothing stays. */
function randomChoices(random: ReturnType<typeof seeded>): OpenChoices {
  const first = 2048 * (1 + random.below(2));
  return {
    segmentBytes: { first, later: first * (1 + random.below(2)) },
    keepBytes: 4096 * random.below(3),
    keepFrom: () => (random.next() < 0.3 ? logIndex(random.below(40)) : undefined),
    keepBytesMax: 16_384,
  };
}

async function randomLife(seed: number): Promise<void> {
  const random = seeded(seed);
  const choices = randomChoices(random);
  const machine = new CrashDisk(seed);
  const ledger = new Ledger();
  let incarnation = 0;
  for (let boot = 0; boot < 5; boot += 1) {
    const how = random.next() < 0.6 ? 'crash' : 'kill';
    const operations = random.next() < 0.3 ? Infinity : 10 + random.below(50);
    const disk = machine.disk.mount();
    await machine.crashing({ operations, how }, async () => {
      const log = await openLog(disk, choices);
      log.prepareSpare();
      expect(log.recovered.incarnation).toBeGreaterThan(incarnation);
      incarnation = log.recovered.incarnation;
      await ledger.found(log, 100 + random.below(3000));
      await randomWork(log, ledger, random);
      await log.close({ clean: random.next() < 0.5 });
    });
    if (random.next() < 0.3) machine.disk.crash();
  }
  await recoverInto(machine, ledger);
}

async function randomWork(
  log: DurableLog,
  ledger: Ledger,
  random: ReturnType<typeof seeded>,
): Promise<void> {
  let done = Promise.resolve();
  for (let n = random.below(20); n > 0; n -= 1) {
    const step = randomStep(ledger.newest, random);
    if (step.kind === 'mark') await done;
    done = ledger.submit(log, step);
    if (random.next() < 0.5) await done;
  }
  await done;
  await ledger.holds(log);
}

describe('random lives of a log', () => {
  it('agree with a plain model, for 300 seeds', async () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      try {
        await randomLife(seed);
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
  });
});
