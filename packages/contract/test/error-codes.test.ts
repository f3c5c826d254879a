import { describe, expect, it } from '@jest/globals';
import {
  endpoints,
  ERROR_TEXT_LENGTH_MAX,
  errorCodes,
  formatErrorHeader,
  isErrorCode,
  outcomeOfStatus,
  parseErrorHeader,
} from '@rrmq/contract';

describe('error codes', () => {
  it.each(Object.entries(errorCodes))('%s says the same as its status alone', (_code, info) => {
    expect(outcomeOfStatus(info.status)).toBe(info.outcome);
  });

  it.each([
    ['malformed-json', 400],
    ['topic-exists', 400],
    ['not-leader', 400],
    ['no-leader', 400],
    ['unconfirmed', 400],
    ['producer-sequence-gap', 400],
    ['unknown-topic', 404],
    ['no-message', 404],
    ['not-committed-in-time', 408],
    ['body-too-large', 413],
  ] as const)('%s answers %i', (code, status) => {
    expect(errorCodes[code].status).toBe(status);
  });

  it('every status of a seed publish has a reply in the endpoint table', () => {
    const { 'method-not-allowed': _routing, ...ofCalls } = errorCodes;
    const statuses = new Set(Object.values(ofCalls).map(({ status }) => String(status)));
    expect(Object.keys(endpoints.publish.replies)).toEqual(expect.arrayContaining([...statuses]));
  });

  it('knows its own codes only', () => {
    expect(isErrorCode('not-leader')).toBe(true);
    expect(isErrorCode('toString')).toBe(false);
  });
});

describe('the RRMQ-Error header', () => {
  it('gives back code and text', () => {
    const value = formatErrorHeader('not-leader', 'node 2 leads: ask there');
    expect(value).toBe('not-leader: node 2 leads: ask there');
    expect(parseErrorHeader(value)).toEqual({
      code: 'not-leader',
      text: 'node 2 leads: ask there',
    });
  });

  it('holds nothing that would break a header', () => {
    expect(formatErrorHeader('unknown-topic', 'no "é\r\nX: 1"')).toBe(
      'unknown-topic: no "???X: 1"',
    );
    const long = formatErrorHeader('unknown-topic', 'x'.repeat(5000));
    expect(long).toHaveLength('unknown-topic: '.length + ERROR_TEXT_LENGTH_MAX);
  });

  it.each([undefined, '', 'nonsense', 'made-up: text', 'constructor: x'])(
    'is not understood as %p',
    (value) => expect(parseErrorHeader(value)).toBeUndefined(),
  );
});
