export { type Bytes } from './byte-writer.ts';
export { encodeCommand } from './command-encoding.ts';
export {
  type Command,
  type CreateTopic,
  type NewMessage,
  type Pop,
  type ProducerStep,
  type Publish,
} from './command.ts';
export { decodeCommand } from './command-decoding.ts';
export {
  ANSWERS_PER_PRODUCER_MAX,
  MESSAGES_PER_COMMAND_MAX,
  PRODUCERS_MAX,
  PRODUCER_ID_BYTES_MAX,
} from './limits.ts';
export { QueueMachine, type QueueMachineOptions } from './queue-machine.ts';
export { type QueueView } from './queue-view.ts';
export {
  type Message,
  type Popped,
  type Published,
  type QueueRefusal,
  type QueueResult,
  type Refused,
  type TopicCreated,
  messageId,
} from './result.ts';
export { SnapshotRejected } from './snapshot-decoding.ts';
export { type TopicStats } from './topic.ts';
