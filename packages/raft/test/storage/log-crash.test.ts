import { describe, expect, it } from '@jest/globals';
import { nodeId } from '../../src/core/numbers.ts';
import type { DurableLog } from '../../src/storage/log.ts';
import { CrashDisk, batchOf, commands, contentsOf, openLog, seeded, writeOf } from './log-kit.ts';
import { type Model, NEW_LOG, type Step, after, randomStep, textOf } from './log-model.ts';

/** Hands steps to a log and remembers which states may be found after a crash: those from the last done step on. */
class Ledger {
  states: Model[] = [NEW_LOG];
  #done = 0;

  get newest(): Model {
    return this.states.at(-1) ?? NEW_LOG;
  }

  submit(log: DurableLog, step: Step): Promise<void> {
    this.states.push(after(this.newest, step));
    const number = this.states.length - 1;
    return new Promise((resolve) => {
      const done = () => {
        if (number !== this.#done + 1) throw new Error('done out of order');
        this.#done = number;
        resolve();
      };
      if (step.kind === 'write') log.append(step.write, done);
      else log.rememberPeer(nodeId(step.id), step.instanceId, done);
    });
  }

  /** What was found must be a state that was reached after all that was done; it goes on from there. */
  found(text: string): void {
    const found = this.states.findLastIndex((state) => textOf(state) === text);
    if (found < this.#done) throw new Error(`found state ${found} of ${this.#done} done: ${text}`);
    this.states = this.states.slice(found, found + 1);
    this.#done = 0;
  }
}

async function script(machine: CrashDisk, ledger: Ledger): Promise<void> {
  const disk = machine.disk.mount();
  const log = await openLog(disk);
  const write = (parts: Parameters<typeof writeOf>[0]) =>
    ledger.submit(log, { kind: 'write', write: writeOf(parts) });
  const next = () => ledger.newest.entries.length + 1;
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

async function recoverInto(machine: CrashDisk, ledger: Ledger): Promise<void> {
  const disk = machine.disk.mount();
  const log = await openLog(disk);
  ledger.found(await contentsOf(log));
  await ledger.submit(log, {
    kind: 'write',
    write: writeOf({ batches: [commands(ledger.newest.entries.length + 1, ['after'], 99)] }),
  });
  await log.close({ clean: false });
  const reopened = await openLog(disk);
  ledger.found(await contentsOf(reopened));
  await reopened.close({ clean: true });
}

async function operationsOfScript(): Promise<number> {
  const machine = new CrashDisk(0);
  await script(machine, new Ledger());
  return machine.operations;
}

describe('a crash at each single disk operation of append, rotate, truncate and reopen (W07)', () => {
  it.each(['crash', 'kill'] as const)('loses nothing that was done (%s)', async (how) => {
    const total = await operationsOfScript();
    for (let operations = 1; operations <= total; operations += 1) {
      for (let seed = 0; seed < 2; seed += 1) {
        const machine = new CrashDisk(seed * 1000 + operations);
        const ledger = new Ledger();
        await machine.crashing({ operations, how }, () => script(machine, ledger));
        await recoverInto(machine, ledger);
      }
    }
    expect(total).toBeGreaterThan(60);
  });

  it('loses nothing when recovery crashes at each of its operations, too', async () => {
    const total = await operationsOfScript();
    for (let operations = 10; operations <= total; operations += 11) {
      for (let second = 1; second <= 30; second += 2) {
        const machine = new CrashDisk(operations * 100 + second);
        const ledger = new Ledger();
        await machine.crashing({ operations, how: 'crash' }, () => script(machine, ledger));
        await machine.crashing({ operations: second, how: 'crash' }, () =>
          recoverInto(machine, ledger),
        );
        await recoverInto(machine, ledger);
      }
    }
  });
});

async function randomLife(seed: number): Promise<void> {
  const random = seeded(seed);
  const machine = new CrashDisk(seed);
  const ledger = new Ledger();
  let incarnation = 0;
  for (let boot = 0; boot < 5; boot += 1) {
    const how = random.next() < 0.6 ? 'crash' : 'kill';
    const operations = random.next() < 0.3 ? Infinity : 10 + random.below(50);
    const disk = machine.disk.mount();
    await machine.crashing({ operations, how }, async () => {
      const log = await openLog(disk);
      expect(log.recovered.incarnation).toBeGreaterThan(incarnation);
      incarnation = log.recovered.incarnation;
      ledger.found(await contentsOf(log, 100 + random.below(3000)));
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
  for (let n = random.below(20); n > 0; n -= 1) {
    const done = ledger.submit(log, randomStep(ledger.newest, random));
    if (random.next() < 0.5) await done;
  }
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
