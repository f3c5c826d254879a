import { describe, expect, it } from '@jest/globals';
import { MemoryStoreHost, QueueMachine } from '@rrmq/queue';
import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { type Step, newMemory, runStep } from './history.ts';
import { MachineTarget } from './machine-target.ts';
import { ReferenceModel } from './reference-model.ts';
import { someSteps } from './some-steps.ts';
import type { Target } from './target.ts';

/** What happens to the machine after a step; with a crash it loses what it has not flushed, and gets it again. */
type Event = 'nothing' | 'flush' | 'reopen' | 'crash';

const someEvent = fc.oneof(
  { weight: 6, arbitrary: fc.constant('nothing' as const) },
  { weight: 2, arbitrary: fc.constant('flush' as const) },
  { weight: 1, arbitrary: fc.constant('reopen' as const) },
  { weight: 1, arbitrary: fc.constant('crash' as const) },
);

const someLife = someSteps.chain((steps) =>
  fc.tuple(
    fc.constant(steps),
    fc.array(someEvent, { minLength: steps.length, maxLength: steps.length }),
  ),
);

/** All that can be seen of a queue. */
const portrait = (target: Target) => ({
  nextDue: target.nextDue(),
  hasSecret: target.hasSecret,
  topics: target.topics().map((topic) => ({
    topic,
    stats: target.stats(topic),
    available: target.available(topic),
    messages: target.messages(topic),
  })),
});

/** A machine on a store in memory, that may be closed and opened again between two entries. */
class Life {
  readonly target: MachineTarget;
  readonly #host: MemoryStoreHost;

  private constructor(host: MemoryStoreHost, machine: QueueMachine) {
    this.#host = host;
    this.target = new MachineTarget(machine);
  }

  static async begin(): Promise<Life> {
    const host = new MemoryStoreHost();
    return new Life(host, await open(host));
  }

  async meet(event: Event): Promise<void> {
    const { stateHash } = this.target.machine;
    if (event === 'flush' || event === 'reopen') await this.target.machine.flush();
    if (event === 'reopen') await this.target.machine.close();
    if (event === 'crash') this.#host.crash();
    if (event === 'crash' || event === 'reopen') this.target.replace(await open(this.#host));
    assert.equal(this.target.machine.stateHash, stateHash);
  }
}

async function open(host: MemoryStoreHost): Promise<QueueMachine> {
  const machine = new QueueMachine({ host: host.mount() });
  await machine.open(1);
  return machine;
}

async function compare(steps: readonly Step[], events: readonly Event[]): Promise<void> {
  const life = await Life.begin();
  const model = new ReferenceModel();
  const [ofMachine, ofModel] = [newMemory(), newMemory()];
  for (const [i, step] of steps.entries()) {
    const result = runStep(life.target, step, ofMachine);
    expect(result).toEqual(runStep(model, step, ofModel));
    expect(portrait(life.target)).toEqual(portrait(model));
    const event = events[i] ?? 'nothing';
    if (event === 'nothing') continue;
    await life.meet(event);
    expect(portrait(life.target)).toEqual(portrait(model));
  }
  expect(life.target.machine.violations()).toEqual([]);
}

describe('the machine', () => {
  it('does what the model does, for any history, flushed and crashed, and opened again at any time', async () => {
    await fc.assert(
      fc.asyncProperty(someLife, async ([steps, events]) => compare(steps, events)),
      { numRuns: 100 },
    );
  }, 300_000);
});
