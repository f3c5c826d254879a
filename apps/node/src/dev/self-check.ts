import { headers, parseErrorHeader } from '@rrmq/contract';
import { ExitCode } from '../exit-code.ts';
import { NodeFailure } from '../node-failure.ts';

/** The topic of the check. It stays, empty: topics cannot be removed yet. */
export const CHECK_TOPIC = 'rrmq-check';

/** A new leader serves within milliseconds; a machine that is very busy may need some more. */
const CHECK_MS_MAX = 10_000;
const RETRY_MS = 50;

/** Messages that earlier checks left behind because they were interrupted. */
const LEFTOVERS_MAX = 100;

/** Finds the leader's URL at any moment: it may change meanwhile. */
export type LeaderUrl = () => string | undefined;

/** Publishes a message and pops it again. @throws {NodeFailure} when the cluster does not manage that. */
export async function checkCluster(leaderUrl: LeaderUrl): Promise<void> {
  const giveUpAtMs = performance.now() + CHECK_MS_MAX;
  const message = `${process.pid}-${Date.now()}`;
  await call(leaderUrl, giveUpAtMs, {
    method: 'PUT',
    path: '/topic',
    body: { topic: CHECK_TOPIC },
  });
  await call(leaderUrl, giveUpAtMs, {
    method: 'PUT',
    path: '/message',
    body: { topic: CHECK_TOPIC, message },
  });
  for (let i = 0; i < LEFTOVERS_MAX; i++) {
    const popped = await call(leaderUrl, giveUpAtMs, {
      method: 'GET',
      path: `/message/${CHECK_TOPIC}`,
    });
    if (popped['message'] === message) return;
  }
  throw checkFailure('the message that was published did not come back');
}

/** Names of the topics that people made. */
export async function listTopics(leaderUrl: LeaderUrl): Promise<string[]> {
  const giveUpAtMs = performance.now() + CHECK_MS_MAX;
  const { topics } = await call(leaderUrl, giveUpAtMs, { method: 'GET', path: '/topic' });
  return Array.isArray(topics) ? topics.map(String).filter((topic) => topic !== CHECK_TOPIC) : [];
}

interface CheckRequest {
  readonly method: 'GET' | 'PUT';
  readonly path: string;
  readonly body?: object;
}

type Answer = Readonly<Record<string, unknown>>;

/** Repeats until it is answered by 200, or the topic exists. Repeated publishes only leave more behind, to be popped. */
async function call(
  leaderUrl: LeaderUrl,
  giveUpAtMs: number,
  request: CheckRequest,
): Promise<Answer> {
  for (;;) {
    const { answer, why } = await attempt(leaderUrl(), request);
    if (answer !== undefined) return answer;
    if (performance.now() > giveUpAtMs) {
      throw checkFailure(`${request.method} ${request.path} failed: ${why}`);
    }
    await new Promise((resolve) => {
      setTimeout(resolve, RETRY_MS);
    });
  }
}

async function attempt(
  url: string | undefined,
  { method, path, body }: CheckRequest,
): Promise<{ answer?: Answer; why: string }> {
  if (url === undefined) return { why: 'no node leads' };
  try {
    const response = await fetch(url + path, {
      method,
      headers: { 'content-type': 'application/json', connection: 'close' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Answer;
    const refusal = response.headers.get(headers.error) ?? undefined;
    if (response.ok || parseErrorHeader(refusal)?.code === 'topic-exists')
      return { answer, why: '' };
    return { why: refusal ?? `status ${response.status}` };
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    return { why: String(cause) };
  }
}

function checkFailure(why: string): NodeFailure {
  const message = `The cluster runs but failed its check: ${why}.`;
  return new NodeFailure(message, ExitCode.failure, 'The log files of the nodes say more.');
}
