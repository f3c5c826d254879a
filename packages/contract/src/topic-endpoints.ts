import {
  pauseBodySchema,
  pauseReplySchema,
  patchTopicBodySchema,
  purgeBodySchema,
  purgedSchema,
  putTopicBodySchema,
  topicDeletedSchema,
  topicPageSchema,
  topicSchema,
} from './topic-bodies.ts';
import type { V1Endpoint } from './v1-endpoint.ts';

/** Topics as a whole. An `ETag` names a topic and the version of its settings. */
export const topicEndpoints = {
  /** Topics in the order of their creation; `limit` and `cursor` in the query. */
  listTopics: {
    method: 'GET',
    path: '/v1/topics',
    access: 'open',
    answeredBy: 'leader',
    body: undefined,
    replies: { 200: topicPageSchema },
  },
  getTopic: {
    method: 'GET',
    path: '/v1/topics/:topic',
    access: 'open',
    answeredBy: 'leader',
    body: undefined,
    replies: { 200: topicSchema },
  },
  /** Creates a topic (201) or replaces its settings (200). `If-Match` and `If-None-Match: *` say which. */
  putTopic: {
    method: 'PUT',
    path: '/v1/topics/:topic',
    access: 'open',
    answeredBy: 'leader',
    body: putTopicBodySchema,
    replies: { 200: topicSchema, 201: topicSchema },
  },
  /** Changes some settings; `If-Match` is heeded. */
  patchTopic: {
    method: 'PATCH',
    path: '/v1/topics/:topic',
    access: 'open',
    answeredBy: 'leader',
    body: patchTopicBodySchema,
    replies: { 200: topicSchema },
  },
  /** Removes a topic and all that is in it; `If-Match` is heeded. */
  deleteTopic: {
    method: 'DELETE',
    path: '/v1/topics/:topic',
    access: 'open',
    answeredBy: 'leader',
    body: undefined,
    replies: { 200: topicDeletedSchema },
  },
  pauseTopic: {
    method: 'POST',
    path: '/v1/topics/:topic/pause',
    access: 'open',
    answeredBy: 'leader',
    body: pauseBodySchema,
    replies: { 200: pauseReplySchema },
  },
  resumeTopic: {
    method: 'POST',
    path: '/v1/topics/:topic/resume',
    access: 'open',
    answeredBy: 'leader',
    body: pauseBodySchema,
    replies: { 200: pauseReplySchema },
  },
  /** Discards what is in the topic now. */
  purgeTopic: {
    method: 'POST',
    path: '/v1/topics/:topic/purge',
    access: 'open',
    answeredBy: 'leader',
    body: purgeBodySchema,
    replies: { 200: purgedSchema },
  },
} as const satisfies Record<string, V1Endpoint>;
