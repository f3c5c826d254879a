import { describe, expect, it } from '@jest/globals';
import { ReplyReader } from '../src/load/reply-reader.ts';

const reply = (status: string, body: string) =>
  Buffer.from(`HTTP/1.1 ${status}\r\nDate: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`);

describe('the reply reader', () => {
  it('gives the status of each whole reply', () => {
    const reader = new ReplyReader();
    expect(reader.take(reply('200 OK', '{"success":true}'))).toBe(200);
    expect(reader.take(reply('404 Not Found', '{"success":false}'))).toBe(404);
    expect(reader.take(reply('204 No Content', ''))).toBe(204);
  });

  it('keeps the last body, and the port of the leader if that is named', () => {
    const reader = new ReplyReader();
    reader.take(reply('200 OK', '{"success":true}'));
    expect(reader.body).toBe('{"success":true}');
    expect(reader.leaderPort).toBeUndefined();
    const head = 'HTTP/1.1 400 Bad Request\r\nRRMQ-Leader: http://127.0.0.1:7002\r\n';
    reader.take(Buffer.from(`${head}Content-Length: 2\r\n\r\n{}`));
    expect(reader.body).toBe('{}');
    expect(reader.leaderPort).toBe(7002);
  });

  it('waits for the rest of a reply, wherever it was cut', () => {
    const whole = reply('400 Bad Request', '{"success":false}');
    for (let cut = 1; cut < whole.length; cut++) {
      const reader = new ReplyReader();
      expect(reader.take(whole.subarray(0, cut))).toBeUndefined();
      expect(reader.take(whole.subarray(cut))).toBe(400);
    }
  });

  it.each([
    ['two replies', Buffer.concat([reply('200 OK', 'a'), reply('200 OK', 'b')]), 'more than one'],
    ['no length', Buffer.from('HTTP/1.1 200 OK\r\n\r\nbody'), 'Content-Length'],
    ['no end of the head', Buffer.alloc(20_000, 'x'), 'no end'],
  ])('refuses %s', (_what, bytes, message) => {
    expect(() => new ReplyReader().take(bytes)).toThrow(message);
  });
});
