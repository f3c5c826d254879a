import {
  type Command,
  type CreateTopic,
  MemoryStoreHost,
  type Pop,
  type Publish,
  QueueMachine,
  type QueueMachineOptions,
  type QueueResult,
  encodeCommand,
} from '@rrmq/queue';
import { logIndex, logTime } from '@rrmq/raft';
import * as fc from 'fast-check';

/** Commands on topics; the others restore backups. */
export type TopicCommand = CreateTopic | Publish | Pop;

export const create = (topic: string): CreateTopic => ({ kind: 'create-topic', topic });
export const pop = (topic: string): Pop => ({ kind: 'pop', topic });

/** An open machine on a store of its own, in memory unless another one is given. */
export async function openMachine(options: Partial<QueueMachineOptions> = {}) {
  const machine = new QueueMachine({ host: new MemoryStoreHost(), ...options });
  await machine.open(1);
  return machine;
}

export async function machineAfter(
  history: readonly Command[],
  options: Partial<QueueMachineOptions> = {},
): Promise<QueueMachine> {
  const machine = await openMachine(options);
  for (const command of history) run(machine, command);
  return machine;
}

/** All that can be told of a machine from outside. */
export function portrait(machine: QueueMachine) {
  const stats = machine.topics().map((topic) => [topic, machine.stats(topic)]);
  return { index: machine.appliedIndex, hash: machine.stateHash, stats };
}

/** The chunks of what a machine has flushed. */
export async function chunksOf(machine: QueueMachine): Promise<Buffer[]> {
  const snapshot = machine.openSnapshot();
  const chunks: Buffer[] = [];
  for await (const chunk of snapshot.chunks()) chunks.push(chunk);
  snapshot.close();
  return chunks;
}

/** Takes chunks as the state of a generation, and goes on from it. */
export async function install(
  machine: QueueMachine,
  chunks: readonly Buffer[],
  generation: number,
): Promise<void> {
  const sink = await machine.receive(generation);
  try {
    for (const chunk of chunks) {
      const received = Buffer.from(chunk);
      await sink.write(received);
      received.fill(0xee); // the buffer is the sink's until it has answered
    }
    await sink.finish();
  } catch (error) {
    await sink.abort();
    throw error;
  }
  await machine.adopt(generation);
}

/** Offers commands to a machine one after another, as a log of only commands would. */
export function run(machine: QueueMachine, command: Command, at = 0): QueueResult {
  return runBytes(machine, encodeCommand(command), at);
}

export function runBytes(machine: QueueMachine, bytes: Buffer, at = 0): QueueResult {
  const inLog = Buffer.from(bytes);
  const result = machine.apply(inLog, logTime(at), logIndex(machine.appliedIndex + 1));
  inLog.fill(0xee); // the view was valid during the call only
  return result;
}

/** A publish of one JSON message, without or with a producer step. */
export function publish(topic: string, text: string, step?: [string, number, number]): Publish {
  const [id = '', epoch = 0, sequence = 0] = step ?? [];
  const producer = step === undefined ? undefined : { id, epoch, sequence };
  const messages = [{ contentType: 'application/json', body: JSON.stringify(text) }];
  return { kind: 'publish', topic, producer, messages };
}

/** Few names, so that commands meet; some are traps for those who keep names in objects. */
const someTopic = fc.constantFrom('orders', '__proto__', '10', '9', 'constructor', '😀/a b', 'é');

const someProducer = fc.record({
  id: fc.constantFrom('p', 'q', '__proto__'),
  epoch: fc.nat({ max: 2 }),
  sequence: fc.integer({ min: 1, max: 6 }),
});

const someMessage = fc.record({
  contentType: fc.constantFrom('application/json', 'image/png', ''),
  body: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
});

export const someCommand: fc.Arbitrary<TopicCommand> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('create-topic' as const), topic: someTopic }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pop' as const), topic: someTopic }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('publish' as const),
      topic: someTopic,
      producer: fc.option(someProducer, { nil: undefined }),
      messages: fc.array(someMessage, { minLength: 1, maxLength: 4 }),
    }),
  },
);

export const someHistory = fc.array(someCommand, { maxLength: 120, size: 'max' });
