/** A node's answer to a call of the seed API; status 0 when there was none. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** The `RRMQ-Error` header, or why there is no answer. */
  readonly error: string;
}

/** The seed's own clients give up after this. */
const ANSWER_MS_MAX = 1_000;

export async function call(
  url: string,
  method: 'GET' | 'PUT',
  body?: object,
  timeoutMs = ANSWER_MS_MAX,
): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json', connection: 'close' },
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Answer['body'];
    return {
      status: response.status,
      body: answer,
      error: response.headers.get('rrmq-error') ?? '',
    };
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    return { status: 0, body: {}, error: String(cause) };
  }
}

export const getStatus = (url: string): Promise<Answer> => call(`${url}/status`, 'GET');

export const createTopic = (url: string, topic: string): Promise<Answer> =>
  call(`${url}/topic`, 'PUT', { topic });

export const publish = (url: string, topic: string, message: string): Promise<Answer> =>
  call(`${url}/message`, 'PUT', { topic, message });

export const pop = (url: string, topic: string, timeoutMs?: number): Promise<Answer> =>
  call(`${url}/message/${encodeURIComponent(topic)}`, 'GET', undefined, timeoutMs);
