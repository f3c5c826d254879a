export {
  connect,
  type CreateTopicOptions,
  type NodeReport,
  type PublishReceipt,
  type RrmqClient,
  type TopicCreation,
} from './client.ts';
export { RrmqError, type RrmqErrorCode, type RrmqErrorDetails } from './error.ts';
export { type CallOptions, type ConnectOptions, type Retry } from './options.ts';
export { type NodeStatus, type Outcome, type Role } from '@rrmq/contract';
