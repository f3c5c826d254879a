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
} from './limits.ts';
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
