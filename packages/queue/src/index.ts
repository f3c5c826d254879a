export { type Bytes } from './bytes/byte-writer.ts';
export { encodeCommand } from './commands/command-encoding.ts';
export {
  type Command,
  type CreateTopic,
  type NewMessage,
  type Pop,
  type ProducerStep,
  type Publish,
  type RestoreBegin,
  type RestoreChunk,
  type RestoreEnd,
  commandEffect,
} from './commands/command.ts';
export { decodeCommand } from './commands/command-decoding.ts';
export {
  ANSWERS_PER_PRODUCER_MAX,
  MESSAGES_PER_COMMAND_MAX,
  PRODUCERS_MAX,
  PRODUCER_ID_BYTES_MAX,
} from './commands/limits.ts';
export { DueKeeper, type DueKeeperOptions } from './leader/due-keeper.ts';
export { type ReceiveOutcome, type ReceiveRequest } from './leader/receive-request.ts';
export { WaitingReceives, type WaitingReceivesOptions } from './leader/waiting-receives.ts';
export {
  MemoryStoreHost,
  type MemoryStoreOptions,
  type StoreOperation,
  type StoreOperationKind,
} from './store/memory-store.ts';
export { NodeStoreHost } from './store/node-store-host.ts';
export { verifyStore } from './store/node-verify-store.ts';
export { QueueMachine, type QueueMachineOptions } from './queue-machine.ts';
export { type QueueView, type RestoreStatus } from './queue-view.ts';
export {
  type Message,
  type Popped,
  type Published,
  type QueueRefusal,
  type QueueResult,
  type Refused,
  type RestoreBegun,
  type RestoreChunkTaken,
  type Restored,
  type TopicCreated,
  messageId,
} from './results/result.ts';
export { CHUNK_BYTES_MAX, RECORDS_PER_CHUNK_MAX, decodeChunk } from './snapshot/snapshot-chunk.ts';
export { SnapshotRejected } from './snapshot/snapshot-sink.ts';
export { type StoreReport } from './store/store-walk.ts';
export {
  type Change,
  type RangeLimit,
  type ReceivingStore,
  type Store,
  StoreCorrupt,
  type StoreEntry,
  type StoreHost,
  type StoreReader,
  type StoreView,
  type WriteLevels,
} from './store/store.ts';
export { type TopicStats } from './state/topic.ts';
