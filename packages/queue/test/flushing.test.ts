import { deepEqual, equal } from 'node:assert/strict';
import { describe, it } from '@jest/globals';
import { MemoryStoreHost, QueueMachine, type QueueResult, type StoreHost } from '@rrmq/queue';
import * as fc from 'fast-check';
import { chunksOf, install, openMachine, portrait } from './commands.ts';
import {
  HistoryRun,
  type HistoryStep,
  type LogEntry,
  firstStep,
  runEntry,
  someHistoryStep,
} from './histories.ts';

/** What happens to the machine between two entries of its log. */
type Event =
  | 'nothing'
  | 'flush'
  | 'start-flush'
  | 'fail-commit'
  | 'fail-flush'
  | 'close'
  | 'crash'
  | 'install';

const someEvent = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Event>('nothing') },
  {
    weight: 6,
    arbitrary: fc.constantFrom<Event[]>(
      'flush',
      'start-flush',
      'start-flush',
      'fail-commit',
      'fail-flush',
      'close',
      'crash',
      'install',
    ),
  },
);

const someRun = fc.array(fc.tuple(someHistoryStep, someEvent), { maxLength: 80, size: 'max' });

/** A machine that is flushed, stopped and replaced, with its log; what is not flushed is executed again. */
class Flushed {
  readonly #host: MemoryStoreHost;
  #life: StoreHost;
  #generation = 1;
  #flush: Promise<unknown> = Promise.resolve();
  readonly log: LogEntry[] = [];
  machine: QueueMachine;

  constructor(host: MemoryStoreHost) {
    this.#host = host;
    this.#life = host.mount();
    this.machine = new QueueMachine({ host: this.#life });
  }

  run(entry: LogEntry): QueueResult | undefined {
    this.log.push(entry);
    return runEntry(this.machine, entry);
  }

  async meet(event: Event): Promise<void> {
    switch (event) {
      case 'nothing':
        return undefined;
      case 'flush':
        return this.flush();
      case 'start-flush':
        return this.#startFlush();
      case 'fail-commit':
        await this.#flush;
        return this.#failNext('commit');
      case 'fail-flush':
        await this.#flush;
        return this.#failNext('flush');
      case 'close':
        await this.machine.close();
        return this.#reopen();
      case 'crash':
        this.#host.crash();
        this.#life = this.#host.mount();
        return this.#reopen();
      case 'install':
        return this.#install();
      default:
        return event satisfies never;
    }
  }

  async flush(): Promise<void> {
    await this.#startFlush();
    await this.#flush;
    equal(this.machine.flushedIndex, this.machine.appliedIndex);
    equal(this.machine.dirtyBytes, 0);
  }

  async #startFlush(): Promise<void> {
    await this.#flush;
    this.#flush = this.machine.flush().catch((error: unknown) => {
      if (!(error instanceof Error) || !('code' in error)) throw error;
      equal(error.code, 'ENOSPC');
    });
  }

  async #failNext(kind: 'commit' | 'flush'): Promise<void> {
    this.#host.failNext(kind, 'ENOSPC');
    await this.#startFlush();
  }

  async #reopen(): Promise<void> {
    this.#host.failNever();
    this.#flush = Promise.resolve();
    this.machine = new QueueMachine({ host: this.#life });
    await this.machine.open(this.#generation);
    deepEqual(this.machine.violations(), []);
    this.#replay();
  }

  async #install(): Promise<void> {
    await this.#flush;
    this.#host.failNever();
    this.#generation += 1;
    await install(this.machine, await chunksOf(this.machine), this.#generation);
    this.#replay();
  }

  #replay(): void {
    for (const entry of this.log.slice(this.machine.appliedIndex)) runEntry(this.machine, entry);
  }
}

async function isAsNeverFlushed(
  steps: readonly (readonly [HistoryStep, Event])[],
  host: MemoryStoreHost,
): Promise<void> {
  const reference = await openMachine();
  const history = new HistoryRun(reference);
  const flushed = new Flushed(host);
  await flushed.machine.open(1);
  for (const [step, event] of [[firstStep, 'nothing'] as const, ...steps]) {
    const result = history.step(step);
    const entry = history.log.at(-1);
    if (entry !== undefined) deepEqual(flushed.run(entry), result);
    await flushed.meet(event);
    deepEqual(portrait(flushed.machine), portrait(reference));
  }
  host.failNever();
  deepEqual(reference.violations(), []);
  deepEqual(flushed.machine.violations(), []);
  await reference.flush();
  await flushed.flush();
  deepEqual(await chunksOf(flushed.machine), await chunksOf(reference));
}

describe('a machine that is flushed, fails to, stops and starts at any point', () => {
  it('is as one that never flushes, and comes to the same snapshot', async () => {
    await fc.assert(
      fc.asyncProperty(someRun, fc.infiniteStream(fc.nat({ max: 3 })), async (steps, delays) => {
        const delay = async () => {
          const turnsMax = Number(delays.next().value);
          for (let turns = 0; turns < turnsMax; turns += 1) await Promise.resolve();
        };
        await isAsNeverFlushed(steps, new MemoryStoreHost({ delay }));
      }),
      { numRuns: 80 },
    );
  });
});
