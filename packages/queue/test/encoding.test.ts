import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { openMachine, runBytes } from './commands.ts';
import { bytesOf } from './golden-commands.ts';

describe('bytes that are no command', () => {
  it('are refused or understood, never thrown at', async () => {
    const machine = await openMachine();
    const garbage = fc.uint8Array({ maxLength: 64 });
    const headed = garbage.map((bytes) => [1, 2, 0, 0, 1, 0, 0, 0, 0x74, ...bytes]);
    fc.assert(
      fc.property(fc.oneof(garbage, headed), (bytes) => {
        expect(typeof runBytes(machine, Buffer.from(bytes)).ok).toBe('boolean');
      }),
      { numRuns: 2000 },
    );
    expect(machine.violations()).toEqual([]);
  });

  it.each([
    ['nothing', ''],
    ['an unknown version', '02 01 0000 01000000 74'],
    ['an unknown kind', '01 7f 0000 01000000 74'],
    ['an unknown flag of a command', '01 03 0100 01000000 74'],
    ['an unknown flag of a publish', '01 02 0200 01000000 74 01000000 00000000 00000000 00000000'],
    ['an unknown flag of a message', '01 02 0000 01000000 74 01000000 80000000 00000000 00000000'],
    ['an unknown flag of a restore', '01 06 0100'],
    ['a restore with more behind it', '01 06 0000 00'],
    ['an empty topic name', '01 01 0000 00000000'],
    ['a topic name that is no UTF-8', '01 01 0000 03000000 eda080'],
    ['no messages', '01 02 0000 01000000 74 00000000'],
    ['more than 1000 messages', '01 02 0000 01000000 74 e9030000'],
    ['a length far beyond the end', '01 01 0000 ffffffff 74'],
    [
      'a producer sequence of 0',
      '01 02 0100 01000000 74 01000000 70 0000000000000000 0000000000000000 01000000 00000000 00000000 00000000',
    ],
    [
      'a number of 2^53',
      '01 02 0100 01000000 74 01000000 70 0000000000002000 0100000000000000 01000000 00000000 00000000 00000000',
    ],
  ])('%s is a malformed command', async (_, hex) => {
    const result = runBytes(await openMachine(), bytesOf(hex));
    expect(result).toEqual({ ok: false, code: 'malformed-command' });
  });
});
