import type * as z from 'zod';
import {
  createTopicBodySchema,
  poppedSchema,
  publishBodySchema,
  refusalSchema,
  statusSchema,
  successSchema,
  topicParamsSchema,
  topicsSchema,
} from './seed-bodies.ts';

/** One row of the endpoint table: a call that a node answers. */
export interface Endpoint {
  readonly method: 'GET' | 'PUT';
  /** Express style: `:name` is one percent-encoded path segment. */
  readonly path: string;
  /** The parameters in the path, or `undefined` when there are none. */
  readonly params: z.ZodType | undefined;
  /** The JSON body of the request, or `undefined` when there is none. */
  readonly body: z.ZodType | undefined;
  /** The JSON body of each reply, by HTTP status. */
  readonly replies: Readonly<Record<number, z.ZodType>>;
  /** Who can answer: the leader alone, or any node from its own state. */
  readonly answeredBy: 'leader' | 'any-node';
  /**
   * Whether the call may be sent again after an unknown outcome: `yes` (it changes nothing, or the second
   * time is told apart by its refusal), `with-producer` (if it carries the same `Producer-*` headers) or
   * `no` (it might take effect twice).
   */
  readonly repeatable: 'yes' | 'with-producer' | 'no';
}

const refusals = {
  400: refusalSchema,
  408: refusalSchema,
  413: refusalSchema,
  500: refusalSchema,
  503: refusalSchema,
} as const;

/** Every call of RRMQ, by name. Servers mount this table, clients call by it, documents are made from it. */
export const endpoints = {
  /** Creates a topic. Refused with `topic-exists` when it is there already. */
  createTopic: {
    method: 'PUT',
    path: '/topic',
    params: undefined,
    body: createTopicBodySchema,
    replies: { 200: successSchema, ...refusals, 507: refusalSchema },
    answeredBy: 'leader',
    repeatable: 'yes',
  },
  /** The names of all topics in creation order, as the answering node knows them. */
  listTopics: {
    method: 'GET',
    path: '/topic',
    params: undefined,
    body: undefined,
    replies: { 200: topicsSchema, 400: refusalSchema, 500: refusalSchema, 503: refusalSchema },
    answeredBy: 'any-node',
    repeatable: 'yes',
  },
  /** Appends a message to a topic. */
  publish: {
    method: 'PUT',
    path: '/message',
    params: undefined,
    body: publishBodySchema,
    replies: { 200: successSchema, 404: refusalSchema, ...refusals, 507: refusalSchema },
    answeredBy: 'leader',
    repeatable: 'with-producer',
  },
  /** Takes a topic's first message, at most once: after an unknown outcome it may be gone. */
  pop: {
    method: 'GET',
    path: '/message/:topic',
    params: topicParamsSchema,
    body: undefined,
    replies: { 200: poppedSchema, 404: refusalSchema, ...refusals },
    answeredBy: 'leader',
    repeatable: 'no',
  },
  /** The node's role and term, never waiting for anything. */
  status: {
    method: 'GET',
    path: '/status',
    params: undefined,
    body: undefined,
    replies: { 200: statusSchema, 500: refusalSchema },
    answeredBy: 'any-node',
    repeatable: 'yes',
  },
} as const satisfies Record<string, Endpoint>;

export type EndpointName = keyof typeof endpoints;

type Parsed<Schema> = Schema extends z.ZodType ? z.infer<Schema> : unknown;

/** What a call takes: its path parameters and its body in one object; `unknown` when it takes neither. */
export type RequestOf<Name extends EndpointName> = Parsed<(typeof endpoints)[Name]['params']> &
  Parsed<(typeof endpoints)[Name]['body']>;

/** The HTTP statuses a call is answered with. */
export type StatusOf<Name extends EndpointName> = keyof (typeof endpoints)[Name]['replies'];

/** The body of a call's reply with the given status, by default of its success. */
export type ReplyOf<Name extends EndpointName, Status extends StatusOf<Name> = 200> = Parsed<
  (typeof endpoints)[Name]['replies'][Status]
>;
