export {
  connect,
  type CreateTopicOptions,
  type NodeReport,
  type PublishReceipt,
  type RrmqClient,
  type TopicCreation,
} from './client.ts';
export { type BackupClient, type BackupOptions } from './backup.ts';
export { type BackupSummary, BackupVerifier } from './backup-verifier.ts';
export {
  type Addition,
  type ClusterClient,
  type ClusterStatusOptions,
  type NewMember,
  type TransferOptions,
} from './cluster.ts';
export { RrmqError, type RrmqErrorCode, type RrmqErrorDetails } from './error.ts';
export { type CallOptions, type ConnectOptions, type Retry } from './options.ts';
export { type ByteSource } from './stream-transport.ts';
export {
  type BackupHeader,
  type ClusterView,
  type MemberView,
  type NodeStatus,
  type Outcome,
  type Restored,
  type Role,
} from '@rrmq/contract';
