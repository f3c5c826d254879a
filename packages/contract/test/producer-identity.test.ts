import { describe, expect, it } from '@jest/globals';
import { formatProducerHeaders, parseProducerHeaders } from '@rrmq/contract';

const given = { 'producer-id': 'a.B_9-', 'producer-epoch': '0', 'producer-sequence': '1' };

describe('Producer-* headers', () => {
  it('are optional: seed clients never send them', () => {
    expect(parseProducerHeaders({ host: 'x' })).toEqual({ kind: 'absent' });
  });

  it('carry a producer identity both ways', () => {
    const producer = { producerId: 'p1', epoch: 3, sequence: Number.MAX_SAFE_INTEGER };
    const sent = Object.entries(formatProducerHeaders(producer)).map(
      ([name, value]) => [name.toLowerCase(), value] as const,
    );
    expect(parseProducerHeaders(Object.fromEntries(sent))).toEqual({ kind: 'present', producer });
  });

  it.each([
    ['a missing sequence', { 'producer-sequence': undefined }],
    ['a missing epoch', { 'producer-epoch': undefined }],
    ['a missing id', { 'producer-id': undefined }],
    ['an empty id', { 'producer-id': '' }],
    ['an id with a space', { 'producer-id': 'a b' }],
    ['an id of 65 characters', { 'producer-id': 'x'.repeat(65) }],
    ['a repeated header', { 'producer-id': ['a', 'b'] }],
    ['sequence 0', { 'producer-sequence': '0' }],
    ['a negative epoch', { 'producer-epoch': '-1' }],
    ['a hexadecimal epoch', { 'producer-epoch': '0x10' }],
    ['an empty epoch', { 'producer-epoch': '' }],
    ['a sequence beyond 2^53', { 'producer-sequence': '9007199254740992' }],
  ])('are refused with %s', (_name, change) => {
    expect(parseProducerHeaders({ ...given, ...change }).kind).toBe('invalid');
  });
});
