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
export { topicNameSchema } from './topic-name.ts';
export {
  type V1BodyOf,
  type V1Endpoint,
  type V1EndpointName,
  v1Endpoints,
  type V1ReplyOf,
} from './v1-endpoints.ts';
