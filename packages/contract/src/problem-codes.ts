import type { ErrorCodeInfo } from './error-codes.ts';

/** One row of `problemCodes`. */
export interface ProblemCodeInfo extends ErrorCodeInfo {
  /** The same for every problem of this code, for people. */
  readonly title: string;
}

type Row = readonly [status: number, retryable: boolean, title: string];

const none = ([status, retryable, title]: Row) =>
  ({ status, outcome: 'none', retryable, title }) as const satisfies ProblemCodeInfo;

const unknown = ([status, retryable, title]: Row) =>
  ({ status, outcome: 'unknown', retryable, title }) as const satisfies ProblemCodeInfo;

/**
 * Every way in which the calls under `/v1` refuse, mapped to HTTP here and nowhere else; the calls at the root have
 * `errorCodes`. Codes are added, never renamed; a caller must treat a code that it does not know by its HTTP status
 * (`outcomeOfStatus`).
 */
export const problemCodes = {
  /** Another node leads; `Location` and `RRMQ-Leader` name it. */
  'not-leader': none([307, true, 'Another node leads']),
  /** The body is not JSON. */
  'malformed-json': none([400, false, 'The body is not JSON']),
  /** The body is JSON, and not what this call takes; `detail` names the field. */
  'invalid-body': none([400, false, 'The body is not what this call takes']),
  /** A part of the path, of the query or a header has a wrong form; `detail` names it. */
  'invalid-parameter': none([400, false, 'A parameter has a wrong form']),
  /** The path is not valid percent-encoded UTF-8. */
  'malformed-path': none([400, false, 'The path is not percent-encoded UTF-8']),
  /** The change makes no sense for these members. */
  'invalid-change': none([400, false, 'The change makes no sense']),
  /** What was uploaded is no whole backup. What was restored of it is dropped. */
  'backup-malformed': none([400, false, 'The backup is damaged or not whole']),
  /** The admin token is missing or wrong. */
  unauthorized: none([401, false, 'The admin token is missing or wrong']),
  /** The node has no admin token and serves this call to clients on its own machine only. */
  'admin-token-required': none([403, false, 'This call needs an admin token']),
  /** No call has this path. */
  'unknown-path': none([404, false, 'No call has this path']),
  /** No topic has this name. */
  'unknown-topic': none([404, false, 'No topic has this name']),
  /** The topic does not hold this message. */
  'unknown-message': none([404, false, 'The topic does not hold this message']),
  /** The topic that the dead letters should go to does not exist. */
  'unknown-target': none([404, false, 'The target topic does not exist']),
  /** No member has this id. */
  'unknown-member': none([404, false, 'No member has this id']),
  /** The path exists, with another method; `Allow` names them. */
  'method-not-allowed': none([405, false, 'The path does not take this method']),
  /** Another member has this address. */
  'address-taken': none([409, false, 'Another member has this address']),
  /** An earlier change of the membership is not over. */
  'change-in-progress': none([409, true, 'An earlier change is not over']),
  /** Too few of the voters to be can be reached and have caught up. */
  'would-lose-quorum': none([409, false, 'The change would lose the quorum']),
  /** The member lags behind, or is getting a snapshot. */
  'not-caught-up': none([409, true, 'The member has not caught up']),
  /** The member is a learner, or leaves: it cannot lead. */
  'not-voter': none([409, false, 'The member is no voter']),
  /** The leader cannot reach the member. */
  'member-unreachable': none([409, true, 'The member cannot be reached']),
  /** The cluster holds topics: a backup is restored into an empty one only. */
  'not-empty': none([409, false, 'The cluster is not empty']),
  /** Publishing to the topic, or receiving from it, is paused. */
  paused: none([409, true, 'The topic is paused']),
  /** Another redrive, or another purge, of the topic goes on. */
  'in-progress': none([409, true, 'Another one is in progress']),
  /**
   * The producer's sequence skips at least one number, or the cluster remembers nothing of this producer and the sequence
   * is not 1. Whether *earlier* tries of the same publish were applied stays as it was.
   */
  'producer-sequence-gap': none([409, false, 'Steps of the producer are missing']),
  /** A higher epoch of the producer has published, or the step was published so long ago that its answer is forgotten. */
  'producer-fenced': none([409, false, 'The producer is over']),
  /** Another restore is under way, or has taken this one's place. */
  'restore-conflict': none([409, false, 'Another restore is under way']),
  /** `If-None-Match: *` was asked for, and the topic exists. */
  'topic-exists': none([412, false, 'The topic exists']),
  /** `If-Match` names another version than the topic has. */
  'version-mismatch': none([412, false, 'The topic has another version']),
  /** A message is larger than the topic takes. */
  'message-too-large': none([413, false, 'A message is too large for the topic']),
  /** The body is larger than this call takes. */
  'body-too-large': none([413, false, 'The body is too large']),
  /** The body is announced as something that this call does not take. */
  'unsupported-media-type': none([415, false, 'The body has an unsupported type']),
  /** Another command was executed under this `Idempotency-Key`. */
  'key-reused': none([422, false, 'The idempotency key was used for another command']),
  /** The topic's limits leave no room for all messages of the publish. */
  'topic-full': none([429, true, 'The topic is full']),
  /** The node failed in a way nobody foresaw. */
  'internal-error': unknown([500, true, 'The node failed']),
  /** This node does not lead and knows no leader. */
  'no-leader': none([503, true, 'No leader is elected']),
  /** This node was elected but no quorum has confirmed it yet, or it has lost its quorum. */
  unconfirmed: none([503, true, 'No quorum confirms the leader']),
  /** Leadership moved while the call waited; `RRMQ-Leader` names the new leader, when it is known. */
  'leadership-moved': none([503, true, 'Leadership moved']),
  /** Leadership is being handed over. */
  transferring: none([503, true, 'Leadership is being handed over']),
  /** This node is stopping and accepts nothing more. */
  'shutting-down': none([503, true, 'The node is stopping']),
  /** The node cannot begin a backup now; it, or another node, can later. */
  'backup-unavailable': none([503, true, 'No backup can be made now']),
  /** A backup is being restored into the cluster; until its end nothing else is taken. */
  restoring: none([503, true, 'A backup is being restored']),
  /** Too much is waiting to be committed, or is arriving, or too many wait for messages. */
  overloaded: none([503, true, 'The node is overloaded']),
  /** It was proposed, and nobody knows yet, or ever will here, whether it is committed. */
  'not-committed-in-time': unknown([504, true, 'Not confirmed in time']),
  /** The target did not take over in time: this node leads on, or another took over. */
  'transfer-timeout': unknown([504, true, 'The target did not take over in time']),
  /** A quorum has too little disk space left for what makes the state grow. */
  'disk-full': none([507, false, 'The disks are full']),
} as const satisfies Record<string, ProblemCodeInfo>;

/** A code of `problemCodes`. */
export type ProblemCode = keyof typeof problemCodes;

/** Whether `text` is a code of `problemCodes`. */
export function isProblemCode(text: string): text is ProblemCode {
  return Object.hasOwn(problemCodes, text);
}
