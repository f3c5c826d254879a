import { expect, it } from '@jest/globals';
import { openToken, signToken } from '@rrmq/queue';
import * as fc from 'fast-check';
import { partsOf, tokenOf } from './reference/token.ts';

const someSecret = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => Buffer.from(bytes));

const someParts = fc.record({
  topicNumber: fc.maxSafeNat(),
  sequence: fc.maxSafeNat(),
  delivery: fc.nat({ max: 0xffff_ffff }),
});

it("the model's lease tokens are the machine's", () => {
  fc.assert(
    fc.property(someSecret, someSecret, someParts, (secret, other, parts) => {
      const token = tokenOf(secret, parts);
      expect(signToken(secret, parts, Buffer.alloc(28))).toEqual(token);
      expect(openToken(secret, token)).toEqual(parts);
      expect(partsOf(secret, token)).toEqual(parts);
      if (other.equals(secret)) return;
      expect([openToken(other, token), partsOf(other, token)]).toEqual([undefined, undefined]);
    }),
  );
});
