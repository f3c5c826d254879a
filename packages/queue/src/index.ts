export { type Bytes } from './bytes/byte-writer.ts';
export { encodeCommand } from './commands/command-encoding.ts';
export {
  type Advance,
  type Attributes,
  type Command,
  type CreateTopic,
  type DeleteTopic,
  type MessageState,
  type NewMessage,
  type Once,
  type PauseTopic,
  type PlainCommand,
  type Pop,
  type ProducerStep,
  type Publish,
  type Purge,
  type Receive,
  type Redrive,
  type RestoreBegin,
  type RestoreChunk,
  type RestoreEnd,
  type Settle,
  type Settlement,
  type TopicVersion,
  type UpdateTopic,
  commandEffect,
} from './commands/command.ts';
export {
  type DecodedChunk,
  type DecodedCommand,
  type DecodedOnce,
  type DecodedPlainCommand,
  type DecodedReceive,
  type DecodedSettle,
  decodeCommand,
} from './commands/command-decoding.ts';
export { type DecodedMessage, type DecodedPublish } from './commands/publish-decoding.ts';
export { type DecodedSettlement } from './commands/settlement-decoding.ts';
export {
  SECRET_BYTES,
  TOKEN_BYTES,
  type TokenParts,
  openToken,
  signToken,
} from './commands/lease-token.ts';
export { sipHash } from './commands/sip-hash.ts';
export {
  type Overflow,
  type TopicLimits,
  type TopicSettings,
  defaultTopicSettings,
} from './commands/topic-settings.ts';
export {
  ANSWERS_PER_PRODUCER_MAX,
  ATTRIBUTES_BYTES_MAX,
  ATTRIBUTES_MAX,
  DEDUP_MS_MAX,
  DELAY_MS_MAX,
  FAILURES_MAX,
  HISTORY_MAX,
  IN_FLIGHT_MAX,
  KEY_BYTES_MAX,
  LEASE_MS_MAX,
  LEASE_MS_MIN,
  MESSAGES_PER_COMMAND_MAX,
  PRIORITY_DEFAULT,
  PRIORITY_MAX,
  PRODUCERS_MAX,
  PRODUCER_ID_BYTES_MAX,
  REASON_BYTES_MAX,
  RECEIVE_BYTES_MAX,
  REQUESTS_MAX,
  REQUEST_MS,
  SETTLEMENTS_MAX,
  TTL_MS_MAX,
} from './commands/limits.ts';
export { StateComparer, type StateComparerOptions } from './leader/state-comparer.ts';
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
export {
  type Death,
  type DeathReason,
  type FailureEvent,
  type PeekPage,
  type PeekRange,
  type PeekedMessage,
  type QueueView,
  type RestoreStatus,
  type TopicActivity,
  type TopicRates,
  type TopicStats,
  type TopicView,
} from './queue-view.ts';
export { StateDiverged } from './results/recent-hashes.ts';
export { decodeResult } from './results/result-decoding.ts';
export { type Success, encodeResult } from './results/result-encoding.ts';
export {
  type Advanced,
  type Delivery,
  type Message,
  type Popped,
  type Published,
  type Purged,
  type QueueRefusal,
  type QueueResult,
  type Received,
  type Redriven,
  type Refused,
  type Repeated,
  type RestoreBegun,
  type RestoreChunkTaken,
  type Restored,
  type SettleRefusal,
  type Settled,
  type SettlementsDone,
  type TopicCreated,
  type TopicDeleted,
  type TopicPaused,
  type TopicUpdated,
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
