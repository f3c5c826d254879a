import type {
  Command,
  NewMessage,
  QueueMachine,
  QueueMachineOptions,
  Settlement,
} from '@rrmq/queue';
import { create, machineAfter, run } from './commands.ts';
import { SECRET, START, smallSettings } from './histories.ts';

const message = (body: string, more: Partial<NewMessage> = {}): NewMessage => ({
  contentType: '',
  body,
  ...more,
});

const publishAll = (topic: string, messages: readonly NewMessage[]): Command => ({
  kind: 'publish',
  topic,
  producer: undefined,
  messages,
});

/** So many deliveries, and what becomes of them. */
function receive(machine: QueueMachine, topic: string, actions: Settlement['action'][]): void {
  const max = actions.length;
  const result = run(machine, { kind: 'receive', topic, max, settle: [], secret: SECRET }, START);
  const deliveries = result.ok && result.kind === 'received' ? result.deliveries : [];
  const settle = deliveries.flatMap(({ token }, i): Settlement[] => {
    const action = actions[i] ?? 'ack';
    return action === 'extend' ? [] : [{ action, token }];
  });
  if (settle.length > 0) run(machine, { kind: 'settle', topic, settle }, START);
}

/** A machine, flushed, whose store has every kind of row, in two topics. */
export async function machineWithEveryRow(
  options: Partial<QueueMachineOptions> = {},
): Promise<QueueMachine> {
  const machine = await machineAfter([], options);
  const at = (command: Command) => run(machine, command, START);
  at(create('gone'));
  at(publishAll('gone', [message('delayed', { delayMs: 1000 })]));
  for (const topic of ['t', 'u']) {
    at({ kind: 'create-topic', topic, settings: { ...smallSettings, maxFailures: 3 } });
    // Given back, given back, dead, delayed, leased, and acked.
    at(
      publishAll(
        topic,
        ['one', 'two', 'three', 'four', 'five', 'six'].map((body) => message(body)),
      ),
    );
    receive(machine, topic, ['release', 'release', 'reject', 'nack', 'extend', 'ack']);
    // Ranges of one priority with others between them.
    for (let i = 0; i < 5; i += 1) {
      at(publishAll(topic, [message('low', { priority: 1 }), message('high', { priority: 3 })]));
    }
    // One key has a message that is leased, another one has some that wait.
    at(publishAll(topic, [message('k', { key: 'k', priority: 9 })]));
    receive(machine, topic, ['extend']);
    at(
      publishAll(
        topic,
        ['k', 'l', 'l', 'k'].map((key) => message(`of ${key}`, { key })),
      ),
    );
    at(publishAll(topic, [message('nacked', { key: 'n', priority: 9 })]));
    receive(machine, topic, ['nack']);
    const expires = message('expires', { ttlMs: 60_000, dedupId: 'd' });
    at(publishAll(topic, [expires, message('later', { delayMs: 5000 })]));
    at({ kind: 'once', key: `i ${topic}`, command: { kind: 'pop', topic } });
  }
  await machine.flush();
  at({ kind: 'delete-topic', topic: 'gone' });
  await machine.flush();
  return machine;
}

/** Lets all that is in a machine happen, to the end; what happened, in order. */
export function playOut(machine: QueueMachine, from = START): unknown[] {
  const results: unknown[] = [];
  for (let at = from; at < from + 400_000; at += 500) {
    results.push(run(machine, { kind: 'advance' }, at));
    for (const topic of machine.topics()) {
      const max = 3;
      const result = run(machine, { kind: 'receive', topic, max, settle: [], secret: SECRET }, at);
      if (!result.ok || result.kind !== 'received' || result.deliveries.length === 0) continue;
      results.push(result);
      const actions = ['ack', 'nack', 'reject'] as const;
      const settle = result.deliveries.map(({ token }, i) => ({
        action: actions[i % 3] ?? 'ack',
        token,
      }));
      results.push(run(machine, { kind: 'settle', topic, settle }, at));
    }
    results.push(machine.topics().map((topic) => machine.stats(topic)));
    if (machine.nextDue() === undefined) break;
  }
  for (const topic of machine.topics()) {
    results.push(run(machine, { kind: 'purge', topic, state: 'all' }, from + 400_000));
    results.push(machine.stats(topic));
  }
  return results;
}
