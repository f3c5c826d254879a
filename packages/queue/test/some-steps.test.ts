import { expect, it } from '@jest/globals';
import type { QueueResult } from '@rrmq/queue';
import * as fc from 'fast-check';
import { newMemory, runStep } from './history.ts';
import { ReferenceModel } from './reference-model.ts';
import { someSteps } from './some-steps.ts';

const EVERYTHING = [
  'topic-created',
  'topic-exists',
  'topic-updated',
  'topic-deleted',
  'topic-paused',
  'unknown-topic',
  'version-mismatch',
  'paused',
  'key-reused',
  'published some',
  'published none',
  'published before',
  'repeated',
  'producer-gap',
  'stale-producer',
  'topic-full',
  'message-too-large',
  'received none',
  'received some',
  'delivery 1',
  'delivery 2',
  'delivery 3',
  'popped',
  'no-message',
  'purged',
  'in-progress',
  'unknown-target',
  'settled, already false',
  'settled, already true',
  'already false',
  'already true',
  'invalid-token',
  'lease-lost',
  'settled-otherwise',
  'redriven 0, 0 remain',
  'redriven 0, 1 remain',
  'redriven 1, 0 remain',
  'redriven 1, 1 remain',
  'advanced 0',
  'advanced 1',
  'advanced 2',
  'ready',
  'leased',
  'delayed',
  'dead: failures',
  'dead: rejected',
  'dead: expired',
  'dead: overflow',
  'gone: expired',
  'gone: overflow',
  'gone: purged',
];

/** What came of a command, in words. */
function outcomes(result: QueueResult): string[] {
  if (!result.ok) return [result.code];
  switch (result.kind) {
    case 'published':
      return [
        result.duplicate ? 'published before' : `published ${result.count === 0 ? 'none' : 'some'}`,
        ...result.repeated.map(() => 'repeated'),
      ];
    case 'received':
      return [
        `received ${result.deliveries.length === 0 ? 'none' : 'some'}`,
        ...result.deliveries.map(({ deliveries }) => `delivery ${Math.min(deliveries, 3)}`),
        ...result.settled.map((each) => (each.ok ? `settled, already ${each.already}` : each.code)),
      ];
    case 'settled':
      return result.settled.map((each) => (each.ok ? `already ${each.already}` : each.code));
    case 'redriven':
      return [`redriven ${Math.min(result.moved, 1)}, ${Math.min(result.remaining, 1)} remain`];
    case 'advanced':
      return [`advanced ${Math.min(result.steps, 2)}`];
    default:
      return [result.kind];
  }
}

it('histories meet every result, and every cause for which a message disappears', () => {
  const met: Record<string, number> = {};
  const meet = (what: string, times = 1): void => {
    if (times > 0) met[what] = (met[what] ?? 0) + times;
  };
  for (const steps of fc.sample(someSteps, { numRuns: 150, seed: 1 })) {
    const model = new ReferenceModel();
    const memory = newMemory();
    for (const step of steps) {
      const result = runStep(model, step, memory);
      for (const outcome of result === undefined ? [] : outcomes(result)) meet(outcome);
    }
    for (const topic of model.topics()) {
      for (const { death, state } of model.messages(topic)) {
        meet(death === undefined ? state : `dead: ${death.reason}`);
      }
      const discarded = Object.entries(model.stats(topic)?.discarded ?? {});
      for (const [cause, count] of discarded) meet(`gone: ${cause}`, count);
    }
  }
  expect(EVERYTHING.filter((what) => (met[what] ?? 0) < 3)).toEqual([]);
});
