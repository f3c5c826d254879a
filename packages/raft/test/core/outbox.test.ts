import { describe, expect, it } from '@jest/globals';
import { EntryBatch, EntryType } from '../../src/core/entry-batch.ts';
import { incarnation, logIndex, logTime, nodeId, term } from '../../src/core/numbers.ts';
import { Outbox } from '../../src/core/outbox.ts';
import type { AppendReply } from '../../src/core/rpc.ts';

/** What waits for the disk: no acknowledgement leaves that is not true. */

const entries = (first: number, count: number, ofTerm: number): EntryBatch =>
  EntryBatch.encode(
    {
      groupId: 1,
      first: logIndex(first),
      term: term(ofTerm),
      at: logTime(0),
      type: EntryType.command,
    },
    Array.from({ length: count }, () => Buffer.from('x')),
  );

const ack = (match: number, ofTerm: number): AppendReply => ({
  kind: 'append-reply',
  from: nodeId(1),
  to: nodeId(2),
  term: term(ofTerm),
  incarnation: incarnation(1),
  ok: true,
  match: logIndex(match),
  hintIndex: logIndex(match),
  hintTerm: term(ofTerm),
  room: true,
});

/** What leaves once all that was ordered is durable. */
function leaving(outbox: Outbox): number[][] {
  for (;;) {
    const write = outbox.takeWrite();
    if (write === undefined) break;
    outbox.persisted(write.token);
  }
  return outbox
    .takeMessages()
    .map((rpc) => (rpc.kind === 'append-reply' ? [rpc.match, rpc.term] : []));
}

describe('an acknowledgement', () => {
  it('of entries that are replaced before they are written does not leave', () => {
    const outbox = new Outbox(logIndex(0));
    outbox.writeEntries(entries(1, 3, 1));
    outbox.sendWhenDurable(ack(1, 1));
    outbox.sendWhenDurable(ack(3, 1));
    outbox.writeTruncation(logIndex(1));
    outbox.writeEntries(entries(2, 1, 2));
    outbox.sendWhenDurable(ack(2, 2));
    expect(leaving(outbox)).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  it('of entries that are replaced while they are written does not leave', () => {
    const outbox = new Outbox(logIndex(0));
    outbox.writeEntries(entries(1, 3, 1));
    outbox.sendWhenDurable(ack(1, 1));
    outbox.sendWhenDurable(ack(3, 1));
    const write = outbox.takeWrite();
    outbox.writeTruncation(logIndex(1));
    outbox.persisted(write?.token ?? 0);
    expect(outbox.takeMessages()).toEqual([ack(1, 1)]);
    expect(outbox.durable).toBe(1);
  });

  it('of entries that a snapshot takes the place of does not leave', () => {
    const outbox = new Outbox(logIndex(0));
    outbox.writeEntries(entries(1, 5, 1));
    outbox.sendWhenDurable(ack(5, 1));
    const mark = {
      index: logIndex(3),
      term: term(2),
      at: logTime(0),
      configuration: { index: logIndex(0), payload: Buffer.alloc(0) },
      generation: 2,
    };
    outbox.writeInstall({ mark, keepsSuffix: false }, logIndex(0));
    expect(leaving(outbox)).toEqual([]);
  });
});
