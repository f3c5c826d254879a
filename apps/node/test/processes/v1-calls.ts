/** A node's answer to a call under `/v1`. */
interface V1Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A call as its node answers it: redirections are not followed. */
export async function v1(url: string, method: string, path: string, body?: object) {
  const response = await fetch(`${url}/v1/${path}`, {
    method,
    redirect: 'manual',
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: V1Answer = {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as V1Answer['body'],
  };
  return answer;
}

/** One message, as far as tests look at it. */
export interface Delivered {
  readonly id: string;
  readonly token: string;
  readonly body: unknown;
  readonly deliveries: number;
  readonly failures: number;
}

export async function receive(url: string, topic: string, body: object): Promise<Delivered[]> {
  const answer = await v1(url, 'POST', `topics/${topic}/receive`, body);
  return (answer.body['messages'] ?? []) as Delivered[];
}

/** The last index of a node's log. */
export async function lastIndex(url: string): Promise<number> {
  const { body } = await v1(url, 'GET', 'cluster');
  return (body['indexes'] as { readonly last: number }).last;
}
