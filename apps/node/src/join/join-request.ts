import { setTimeout } from 'node:timers/promises';
import { type ProblemCode, isProblemCode, problemCodes, problemSchema } from '@rrmq/contract';
import { type Method, got, type Response } from 'got';
import type { Logger } from 'pino';
import { ExitCode } from '../exit-code.ts';
import { NodeFailure } from '../node-failure.ts';
import { type Joined, type Membership, membershipSchema } from './joined-file.ts';

/** A cluster that elects a leader, or changes its membership for another node, is ready within seconds. */
const PATIENCE_MS = 60_000;
const RETRY_MS = 500;
/** The answer comes when the change is committed. */
const ANSWER_MS_MAX = 35_000;
const REDIRECTS_MAX = 4;

export interface JoinRequest {
  /** Of any node of the cluster. */
  readonly url: URL;
  readonly joined: Omit<Joined, 'membership'>;
  readonly as: 'voter' | 'learner';
  readonly replaces: number | undefined;
  readonly adminToken: string | undefined;
  /** PEM of who signed the cluster's certificates. */
  readonly ca: string | undefined;
  readonly logger: Logger;
}

type Answer =
  | { readonly kind: 'member'; readonly membership: Membership }
  | { readonly kind: 'later'; readonly why: string }
  | { readonly kind: 'refused'; readonly why: string; readonly code?: ProblemCode };

/** Another member has this node's address. */
export class AddressTaken extends NodeFailure {}

/** Asks the cluster to take this node in, until it does or says that it will not. */
export async function requestMembership(request: JoinRequest): Promise<Membership> {
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  let told = '';
  for (;;) {
    const answer = await askOnce(request);
    if (answer.kind === 'member') return answer.membership;
    if (answer.kind === 'refused' || performance.now() >= giveUpAtMs)
      throw refused(request, answer);
    if (answer.why !== told) {
      request.logger.info({ event: 'joining', why: answer.why }, `waits to join: ${answer.why}`);
    }
    told = answer.why;
    await setTimeout(RETRY_MS);
  }
}

function refused({ url }: JoinRequest, answer: Exclude<Answer, { kind: 'member' }>): NodeFailure {
  const message = `The cluster at ${url.origin} did not take this node in: ${answer.why}.`;
  const advice = 'See "rrmq cluster status", then start this node again.';
  const isTaken = answer.kind === 'refused' && answer.code === 'address-taken';
  const Failure = isTaken ? AddressTaken : NodeFailure;
  return new Failure(message, ExitCode.notJoined, advice);
}

/** Follows redirects to the leader itself: the token goes to nodes of the same protocol only. */
async function askOnce(request: JoinRequest): Promise<Answer> {
  let url = new URL('/v1/cluster/members', request.url);
  try {
    for (let hops = 0; hops <= REDIRECTS_MAX; hops += 1) {
      const response = await post(url, request);
      const { location } = response.headers;
      if (response.statusCode !== 307 || location === undefined) return answerOf(response);
      const next = new URL(location, url);
      if (next.protocol !== url.protocol) {
        return { kind: 'refused', why: `it sends to ${next.origin}, which is another protocol` };
      }
      url = next;
    }
    return { kind: 'later', why: 'its nodes do not agree on who leads' };
  } catch (error) {
    return {
      kind: 'later',
      why: `${url.origin}: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

function post(
  url: URL,
  { joined, as, replaces, adminToken, ca }: JoinRequest,
): Promise<Response<string>> {
  const { address, instanceId } = joined;
  return got(url, {
    method: 'POST' satisfies Method,
    body: JSON.stringify({ address, instanceId, as, replaces }),
    headers: {
      'content-type': 'application/json',
      ...(adminToken === undefined ? {} : { authorization: `Bearer ${adminToken}` }),
    },
    ...(ca === undefined ? {} : { https: { certificateAuthority: ca } }),
    retry: { limit: 0 },
    timeout: { request: ANSWER_MS_MAX },
    throwHttpErrors: false,
    followRedirect: false,
  });
}

function answerOf({ statusCode, body }: Response<string>): Answer {
  const parsed = membershipSchema.safeParse(parseJson(body));
  if (statusCode < 300 && parsed.success) return { kind: 'member', membership: parsed.data };
  const problem = problemSchema.safeParse(parseJson(body));
  if (!problem.success) {
    return { kind: 'refused', why: `status ${statusCode}, and no answer of an RRMQ cluster` };
  }
  const { code, title, detail } = problem.data;
  const why = detail ?? title;
  if (!isProblemCode(code)) return { kind: 'refused', why };
  return problemCodes[code].retryable ? { kind: 'later', why } : { kind: 'refused', why, code };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
