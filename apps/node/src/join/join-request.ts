import { setTimeout } from 'node:timers/promises';
import { type ProblemCode, isProblemCode, problemCodes, problemSchema } from '@rrmq/contract';
import { type Method, RequestError, type Response, got } from 'got';
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
  | {
      readonly kind: 'refused';
      readonly why: string;
      readonly code?: ProblemCode;
      /** What to do now, where the caller asked the wrong way. */
      readonly advice?: string;
      readonly exitCode?: ExitCode;
    };

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

const ADVICE = 'See "rrmq cluster status", then start this node again.';
const OTHER_PORT =
  'The URL must be that of a node, with its port for clients; a port for peers answers like this.';

function refused({ url }: JoinRequest, answer: Exclude<Answer, { kind: 'member' }>): NodeFailure {
  const message = `The cluster at ${url.origin} did not take this node in: ${answer.why}.`;
  if (answer.kind === 'later') return new NodeFailure(message, ExitCode.notJoined, ADVICE);
  const { code, advice = ADVICE, exitCode = ExitCode.notJoined } = answer;
  const Failure = code === 'address-taken' ? AddressTaken : NodeFailure;
  return new Failure(message, exitCode, advice);
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
    const why = error instanceof Error ? error.message : String(error);
    return untrusted(error, url, why) ?? { kind: 'later', why: `${url.origin}: ${why}` };
  }
}

/** What Node.js calls errors about the certificate of the other side. */
const CERTIFICATE_CODE =
  /CERT|^UNABLE_TO_|^(HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)$/;

/** No later answer will be another one. `undefined` when the certificate is not why. */
function untrusted(error: unknown, { origin }: URL, why: string): Answer | undefined {
  if (!(error instanceof RequestError) || !CERTIFICATE_CODE.test(error.code)) return undefined;
  const advice =
    error.code === 'ERR_TLS_CERT_ALTNAME_INVALID'
      ? 'Give a URL with an address that the certificate holds.'
      : 'Name the certificate of the authority that signed it by --tls-ca, together with --tls-key and --tls-cert of this node.';
  return {
    kind: 'refused',
    why: `the certificate of ${origin} is not trusted (${why})`,
    advice,
    exitCode: ExitCode.usage,
  };
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
    const why = `status ${statusCode}, and no answer of an RRMQ cluster`;
    return { kind: 'refused', why, advice: OTHER_PORT };
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
