import { describe, expect, it } from '@jest/globals';
import { type EndpointName, endpoints, type ReplyOf, type RequestOf } from '@rrmq/contract';

const calls: Record<EndpointName, string> = {
  createTopic: 'PUT /topic',
  listTopics: 'GET /topic',
  publish: 'PUT /message',
  pop: 'GET /message/:topic',
  status: 'GET /status',
};

describe('the endpoint table', () => {
  it('serves the seed API at the root', () => {
    const served = Object.fromEntries(
      Object.entries(endpoints).map(([name, row]) => [name, `${row.method} ${row.path}`]),
    );
    expect(served).toEqual(calls);
  });

  it.each([
    ['createTopic', 200, { success: true }],
    ['createTopic', 400, { success: false }],
    ['createTopic', 408, { success: false }],
    ['listTopics', 200, { success: true, topics: ['a', '__proto__', '10'] }],
    ['publish', 200, { success: true }],
    ['publish', 404, { success: false }],
    ['pop', 200, { success: true, message: '' }],
    ['pop', 404, { success: false }],
    ['pop', 408, { success: false }],
    ['status', 200, { role: 'Candidate', term: 7 }],
  ] as const)('%s %i has exactly the body of the seed API', (name, status, body) => {
    const replies: Record<number, { parse(value: unknown): unknown }> = endpoints[name].replies;
    expect(JSON.stringify(replies[status]?.parse(body))).toBe(JSON.stringify(body));
  });

  it('lets nobody repeat a pop whose outcome is unknown', () => {
    expect(endpoints.pop.repeatable).toBe('no');
    expect(endpoints.publish.repeatable).toBe('with-producer');
  });

  it('infers requests and replies', () => {
    const request: RequestOf<'publish'> = { topic: 'orders', message: 'one' };
    const params: RequestOf<'pop'> = { topic: 'orders' };
    const reply: ReplyOf<'pop'> = { success: true, message: 'one' };
    const refusal: ReplyOf<'pop', 404> = { success: false };
    // @ts-expect-error: a publish needs a message
    const wrong: RequestOf<'publish'> = { topic: 'orders' };
    expect([request, params, reply, refusal, wrong]).toHaveLength(5);
  });
});

describe('request bodies', () => {
  const topicOf = (topic: unknown): boolean =>
    endpoints.createTopic.body.safeParse({ topic }).success;

  it.each(['a', 'a/b', ' ', '__proto__', '10', '😀', 'x'.repeat(4096), 'é'.repeat(2048)])(
    'accept the topic name %p',
    (name) => expect(topicOf(name)).toBe(true),
  );

  it.each([
    '',
    undefined,
    null,
    7,
    ['a'],
    '\ud800',
    'a\udc00b',
    'x'.repeat(4097),
    'é'.repeat(2049),
    '€'.repeat(1366),
  ])('refuse the topic name %p', (name) => expect(topicOf(name)).toBe(false));

  it.each(['', 'text', '{"a":1}', '😀', '\udfff', '\u0000', 'x'.repeat(1024 * 1024)])(
    'accept a message whatever its text',
    (message) => {
      expect(endpoints.publish.body.parse({ topic: 't', message })).toEqual({
        topic: 't',
        message,
      });
    },
  );

  it.each([undefined, null, 1, {}, ['a']])('refuse the message %p', (message) => {
    expect(endpoints.publish.body.safeParse({ topic: 't', message }).success).toBe(false);
  });

  it('ignore further keys', () => {
    expect(endpoints.createTopic.body.parse({ topic: 't', more: 1 })).toEqual({ topic: 't' });
  });
});
