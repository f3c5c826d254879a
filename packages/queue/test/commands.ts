import { type Command, type QueueMachine, type QueueResult, encodeCommand } from '@rrmq/queue';
import { logIndex, logTime } from '@rrmq/raft';
import * as fc from 'fast-check';

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
export function publish(topic: string, text: string, step?: [string, number, number]): Command {
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

export const someCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('create-topic'), topic: someTopic }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pop'), topic: someTopic }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('publish'),
      topic: someTopic,
      producer: fc.option(someProducer, { nil: undefined }),
      messages: fc.array(someMessage, { minLength: 1, maxLength: 4 }),
    }),
  },
);

export const someHistory = fc.array(someCommand, { maxLength: 120, size: 'max' });
