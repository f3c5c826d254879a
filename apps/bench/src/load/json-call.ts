/** A request without a body: `GET /v1/topics`. */
export function encodeGet(target: string): Buffer {
  return Buffer.from(`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
}

/** A request with a JSON body, `call` such as `POST /v1/topics/t/receive`; `headers` are lines without their ends. */
export function encodeCall(call: string, content: object, headers: readonly string[] = []): Buffer {
  const body = JSON.stringify(content);
  const head = [
    `${call} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Content-Type: application/json',
    ...headers,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}
