import { describe, expect, it } from '@jest/globals';
import { type Command, encodeCommand } from '@rrmq/queue';
import * as fc from 'fast-check';
import { anyCommand } from './any-command.ts';
import { damaged } from './damage.ts';
import { commandOf } from './decoded-command.ts';
import { bytesOf, goldenCommands } from './golden-commands.ts';

/** Text bodies come back as their bytes. */
function withBytes(command: Command): Command {
  if (command.kind !== 'publish') return command;
  const messages = command.messages.map((each) => ({ ...each, body: Buffer.from(each.body) }));
  return { ...command, messages };
}

/** Bytes are refused, or say a command whose only bytes they are. */
function isReadWell(bytes: Buffer): boolean {
  const command = commandOf(bytes);
  return command === undefined || encodeCommand(command).equals(bytes);
}

describe('the bytes of commands', () => {
  it.each(goldenCommands)('version 1 of %s stays as it is', (_, hex, command) => {
    expect(encodeCommand(command).toString('hex')).toBe(bytesOf(hex).toString('hex'));
    expect(commandOf(bytesOf(hex))).toEqual(withBytes(command));
  });

  it('what is encoded is decoded', () => {
    fc.assert(
      fc.property(anyCommand, (command) => {
        expect(commandOf(encodeCommand(command))).toEqual(command);
      }),
      { numRuns: 1000 },
    );
  });

  it('what is there by default has no bytes', () => {
    const message = { contentType: 'a', body: 'b' };
    const bytes = (more: object) =>
      encodeCommand({
        kind: 'publish',
        topic: 't',
        producer: undefined,
        messages: [{ ...message, ...more }],
      });
    expect(bytes({ priority: 4, attributes: [] })).toEqual(bytes({}));
  });

  it('cut short, or with more behind it, a command is malformed', () => {
    fc.assert(
      fc.property(anyCommand, fc.nat(), (command, cut) => {
        const bytes = encodeCommand(command);
        expect(commandOf(bytes.subarray(0, cut % bytes.length))).toBeUndefined();
        expect(commandOf(Buffer.concat([bytes, Buffer.alloc(1)]))).toBeUndefined();
      }),
    );
  });

  it.each(goldenCommands)('every damage to %s is refused or has a meaning of its own', (_, hex) => {
    const misread = [...damaged(bytesOf(hex))].filter((bytes) => !isReadWell(bytes));
    expect(misread.map((bytes) => bytes.toString('hex'))).toEqual([]);
  });

  it('any damage to any command is refused or has a meaning of its own', () => {
    fc.assert(
      fc.property(anyCommand, fc.nat(), fc.nat({ max: 255 }), (command, place, value) => {
        const bytes = encodeCommand(command);
        bytes[place % bytes.length] = value;
        expect(isReadWell(bytes)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('any bytes at all are refused or have a meaning of their own', () => {
    const headed = fc
      .tuple(fc.nat({ max: 16 }), fc.nat({ max: 3 }), fc.uint8Array({ maxLength: 80 }))
      .map(([kind, flags, rest]) => [1, kind, flags, 0, 1, 0, 0, 0, 0x74, ...rest]);
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), headed), (bytes) => {
        expect(isReadWell(Buffer.from(bytes))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
