import type * as z from 'zod';
import {
  addMemberBodySchema,
  clusterViewSchema,
  leadershipSchema,
  memberAddedSchema,
  restoredSchema,
  transferBodySchema,
} from './cluster-bodies.ts';
import { messageEndpoints } from './message-endpoints.ts';
import { topicEndpoints } from './topic-endpoints.ts';
import type { V1Endpoint } from './v1-endpoint.ts';

/**
 * Every call under `/v1`, by name. They may be given less time than `V1_TIMEOUT_MS` by `RRMQ-Timeout-Ms`, or by
 * `timeoutMs` in the query. Those on the cluster are idempotent in effect: what is in force already is a success. So are
 * PUT, PATCH and DELETE of topics; a POST under `/v1/topics` is when it carries an `Idempotency-Key`, and a settlement
 * always.
 */
export const v1Endpoints = {
  ...topicEndpoints,
  ...messageEndpoints,
  /** How this node sees the cluster; the leader's view says most. */
  getCluster: {
    method: 'GET',
    path: '/v1/cluster',
    access: 'open',
    answeredBy: 'any-node',
    body: undefined,
    replies: { 200: clusterViewSchema },
  },
  /** Adds a node: 201, or 200 when it was a member already. */
  addMember: {
    method: 'POST',
    path: '/v1/cluster/members',
    access: 'admin',
    answeredBy: 'leader',
    body: addMemberBodySchema,
    replies: { 200: memberAddedSchema, 201: memberAddedSchema },
  },
  /** Removes members, several ids with commas, the leader perhaps among them. */
  removeMembers: {
    method: 'DELETE',
    path: '/v1/cluster/members/:ids',
    access: 'admin',
    answeredBy: 'leader',
    body: undefined,
    replies: { 200: clusterViewSchema },
  },
  /** Makes learners voters, several ids with commas. */
  promoteMembers: {
    method: 'POST',
    path: '/v1/cluster/members/:ids/promote',
    access: 'admin',
    answeredBy: 'leader',
    body: undefined,
    replies: { 200: clusterViewSchema },
  },
  /** Hands leadership over. */
  transferLeadership: {
    method: 'POST',
    path: '/v1/cluster/leadership',
    access: 'admin',
    answeredBy: 'leader',
    body: transferBodySchema,
    replies: { 200: leadershipSchema },
  },
  /** All that was committed when this was called, as one stream. */
  saveBackup: {
    method: 'GET',
    path: '/v1/backup',
    access: 'admin',
    answeredBy: 'any-node',
    body: undefined,
    replies: { 200: 'backup' },
  },
  /** Fills an empty cluster. */
  restoreBackup: {
    method: 'POST',
    path: '/v1/backup',
    access: 'admin',
    answeredBy: 'leader',
    body: 'backup',
    replies: { 200: restoredSchema },
  },
} as const satisfies Record<string, V1Endpoint>;

export type V1EndpointName = keyof typeof v1Endpoints;

/** The JSON body that a call takes; `undefined` when it takes none. */
export type V1BodyOf<Name extends V1EndpointName> =
  (typeof v1Endpoints)[Name]['body'] extends infer Body extends z.ZodType
    ? z.infer<Body>
    : undefined;

/** The JSON body of a call's success. */
export type V1ReplyOf<Name extends V1EndpointName> =
  (typeof v1Endpoints)[Name]['replies'] extends Readonly<Record<200, infer Body extends z.ZodType>>
    ? z.infer<Body>
    : undefined;
