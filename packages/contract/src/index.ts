export { BackupDecoder, BackupMalformed, type BackupPart } from './backup-decoder.ts';
export {
  BACKUP_CHUNK_BYTES_MAX,
  BACKUP_FORMAT,
  BACKUP_MEDIA_TYPE,
  type BackupHeader,
  backupHeaderSchema,
  type BackupTrailer,
  encodeBackupChunkHead,
  encodeBackupStart,
  encodeBackupTrailer,
} from './backup-format.ts';
export {
  addMemberBodySchema,
  clusterViewSchema,
  type ClusterView,
  type ConfigurationBody,
  configurationSchema,
  leadershipSchema,
  MEMBER_IDS_MAX,
  type MemberAdded,
  memberAddedSchema,
  type MemberView,
  memberViewSchema,
  type NodeAddressBody,
  nodeAddressSchema,
  type Restored,
  restoredSchema,
  transferBodySchema,
} from './cluster-bodies.ts';
export { crc32 } from './crc32.ts';
export {
  ackBodySchema,
  type DeliveryBody,
  deliverySchema,
  extendBodySchema,
  nackBodySchema,
  type ReceiveBody,
  receiveBodySchema,
  type ReceivedBody,
  receivedSchema,
  type SettleBody,
  settleBodySchema,
  type SettledBody,
  settledSchema,
  tokenSchema,
} from './delivery-bodies.ts';
export {
  type Endpoint,
  type EndpointName,
  endpoints,
  type ReplyOf,
  type RequestOf,
  type StatusOf,
} from './endpoints.ts';
export {
  type ErrorCode,
  type ErrorCodeInfo,
  errorCodes,
  type ErrorHeader,
  formatErrorHeader,
  isErrorCode,
  type Outcome,
  outcomeOfStatus,
  parseErrorHeader,
} from './error-codes.ts';
export { headers } from './headers.ts';
export { idempotencyKeySchema } from './idempotency-key.ts';
export {
  BODY_BYTES_MAX,
  ERROR_TEXT_LENGTH_MAX,
  PRODUCER_ID_LENGTH_MAX,
  PRODUCER_NUMBER_MAX,
  SEED_ANSWER_MAX_MS,
  SEED_COMMIT_TIMEOUT_MS,
  TOPIC_NAME_BYTES_MAX,
  V1_BODY_BYTES_MAX,
  V1_TIMEOUT_MS,
} from './limits.ts';
export {
  attributesSchema,
  contentTypeSchema,
  messagePageSchema,
  messageStates,
  type NewMessageBody,
  newMessageSchema,
  type PeekedBody,
  peekedSchema,
  type PublishedBody,
  publishedSchema,
  publishManySchema,
  publishMessagesSchema,
  redriveBodySchema,
  redrivenSchema,
} from './message-bodies.ts';
export { parseBody, type ParsedBody } from './parse-body.ts';
export {
  isProblemCode,
  type ProblemCode,
  type ProblemCodeInfo,
  problemCodes,
} from './problem-codes.ts';
export { type Problem, PROBLEM_MEDIA_TYPE, problemOf, problemSchema } from './problem.ts';
export {
  formatProducerHeaders,
  parseProducerHeaders,
  type ProducerHeaders,
  type ProducerIdentity,
  producerIdentitySchema,
  type RequestHeaders,
} from './producer-identity.ts';
export {
  ATTRIBUTES_BYTES_MAX,
  ATTRIBUTES_MAX,
  CONTENT_TYPE_LENGTH_MAX,
  DEDUP_MS_MAX,
  DELAY_MS_MAX,
  FAILURES_MAX,
  IN_FLIGHT_MAX,
  KEY_BYTES_MAX,
  LEASE_MS_MAX,
  LEASE_MS_MIN,
  MESSAGES_PER_CALL_MAX,
  PAGE_LIMIT_DEFAULT,
  PRIORITY_MAX,
  REASON_BYTES_MAX,
  RECEIVE_WAIT_MS_DEFAULT,
  RECEIVE_WAIT_MS_MAX,
  TOKEN_LENGTH,
  TTL_MS_MAX,
} from './queue-limits.ts';
export {
  createTopicBodySchema,
  messageTextSchema,
  type NodeStatus,
  poppedSchema,
  publishBodySchema,
  refusalSchema,
  type Role,
  roleSchema,
  statusSchema,
  successSchema,
  topicParamsSchema,
  topicsSchema,
} from './seed-bodies.ts';
export {
  patchTopicBodySchema,
  pauseBodySchema,
  pausedSchema,
  pauseReplySchema,
  purgeBodySchema,
  purgedSchema,
  type PutTopicBody,
  putTopicBodySchema,
  type TopicBody,
  topicDeletedSchema,
  type TopicPage,
  topicPageSchema,
  topicSchema,
  type TopicSettingsBody,
  topicSettingsSchema,
  type TopicStatsBody,
  topicStatsSchema,
} from './topic-bodies.ts';
export { topicNameSchema } from './topic-name.ts';
export { type V1Endpoint } from './v1-endpoint.ts';
export { type V1BodyOf, type V1EndpointName, v1Endpoints, type V1ReplyOf } from './v1-endpoints.ts';
