import { describe, expect, it } from '@jest/globals';
import { type Command, type DecodedCommand, decodeCommand, encodeCommand } from '@rrmq/queue';
import * as fc from 'fast-check';
import { openMachine, publish, runBytes, someCommand } from './commands.ts';

/** Version 1, as it stands in logs on disk: these bytes must be read for ever. Add rows, never change one. */
const golden: [string, string, Command][] = [
  ['create-topic', '01 01 0000 06000000 6f7264657273', { kind: 'create-topic', topic: 'orders' }],
  ['pop', '01 03 0000 02000000 c3a9', { kind: 'pop', topic: 'é' }],
  [
    'publish',
    '01 02 0000 01000000 74 01000000 00000000 10000000 6170706c69636174696f6e2f6a736f6e 04000000 22686922',
    publish('t', 'hi'),
  ],
  [
    'publish by a producer',
    `01 02 0100 01000000 74 02000000 7031 0700000000000000 0300000001000000 02000000
     00000000 01000000 61 02000000 00ff 00000000 00000000 00000000`,
    {
      kind: 'publish',
      topic: 't',
      producer: { id: 'p1', epoch: 7, sequence: 0x1_0000_0003 },
      messages: [
        { contentType: 'a', body: Buffer.from([0, 255]) },
        { contentType: '', body: Buffer.alloc(0) },
      ],
    },
  ],
  [
    'restore-begin',
    '01 04 0000 02000000 6231 03000000 c3a978',
    { kind: 'restore-begin', backupId: 'b1', text: 'éx' },
  ],
  [
    'restore-chunk',
    '01 05 0000 07000000 03000000 00ff01',
    { kind: 'restore-chunk', number: 7, chunk: Buffer.from([0, 255, 1]) },
  ],
  ['restore-end', '01 06 0000', { kind: 'restore-end' }],
];

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');

/** What of a decoded command was given: fields that are absent, or have their default, are left out. */
function given(command: DecodedCommand | undefined): unknown {
  if (command === undefined) return undefined;
  return JSON.parse(JSON.stringify(command), (field, value: unknown) => {
    const isDefault =
      (field === 'priority' && value === 4) ||
      (field === 'attributes' && Array.isArray(value) && value.length === 0);
    return isDefault ? undefined : value;
  });
}

/** Text bodies come back as their bytes. */
function asGiven(command: Command): unknown {
  if (command.kind !== 'publish') return JSON.parse(JSON.stringify(command));
  const messages = command.messages.map((each) => ({ ...each, body: Buffer.from(each.body) }));
  return JSON.parse(JSON.stringify({ ...command, messages }));
}

describe('the bytes of commands', () => {
  it.each(golden)('version 1 of %s stays as it is', (_, hex, command) => {
    expect(encodeCommand(command).toString('hex')).toBe(bytesOf(hex).toString('hex'));
    expect(given(decodeCommand(bytesOf(hex)))).toEqual(asGiven(command));
  });

  it('what is encoded is decoded', () => {
    fc.assert(
      fc.property(someCommand, (command) => {
        expect(given(decodeCommand(encodeCommand(command)))).toEqual(asGiven(command));
      }),
    );
  });

  it('cut short, or with more behind it, a command is malformed', () => {
    fc.assert(
      fc.property(someCommand, fc.nat(), (command, cut) => {
        const bytes = encodeCommand(command);
        expect(decodeCommand(bytes.subarray(0, cut % bytes.length))).toBeUndefined();
        expect(decodeCommand(Buffer.concat([bytes, Buffer.alloc(1)]))).toBeUndefined();
      }),
    );
  });

  it('damaged bytes never throw', () => {
    fc.assert(
      fc.property(someCommand, fc.nat(), fc.nat({ max: 255 }), (command, place, value) => {
        const bytes = encodeCommand(command);
        bytes[place % bytes.length] = value;
        expect(() => decodeCommand(bytes)).not.toThrow();
      }),
      { numRuns: 2000 },
    );
  });

  it('any bytes are refused or understood, never thrown at', async () => {
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
