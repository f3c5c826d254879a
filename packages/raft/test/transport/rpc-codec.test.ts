import { describe, expect, it } from '@jest/globals';
import { incarnation, logIndex, nodeId, term } from '../../src/core/numbers.ts';
import type { AppendEntries, InstallSnapshot, Rpc } from '../../src/core/rpc.ts';
import { type Route, decodeRpc, encodeRpc } from '../../src/driver/transport/rpc-codec.ts';
import { GROUP_ID, append, batch, heartbeat, install, randomRpcs } from './rpcs.ts';
import { seededRandom } from './virtual-time.ts';

const [one, two] = [nodeId(1), nodeId(2)];
const route: Route = { groupId: GROUP_ID, from: one, to: two, boot: incarnation(9) };

/** The frame as the reader hands it on: in one piece, without its length. */
function frameOf(rpc: Rpc): Buffer {
  const bytes = Buffer.concat(encodeRpc(rpc, GROUP_ID).chunks);
  expect(bytes.readUInt32LE(0)).toBe(bytes.length - 4);
  return bytes.subarray(4);
}

/** Batches compared by their bytes: their private parts follow from those. */
function plain(rpc: Rpc | undefined): unknown {
  if (rpc?.kind !== 'append-entries') return rpc;
  return {
    ...rpc,
    batches: rpc.batches.map(({ first, count, bytes }) => ({ first, count, bytes })),
  };
}

describe('rpc codec', () => {
  it('gives back every kind of rpc as it was', () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      for (const rpc of randomRpcs(seededRandom(seed), one, two)) {
        const decoded = decodeRpc(frameOf(rpc), route);
        expect({ seed, rpc: plain(decoded) }).toEqual({ seed, rpc: plain(rpc) });
      }
    }
  });

  it('writes the bytes of entries as they are and copies them once on arrival', () => {
    const sent = batch(5, ['one', 'two']);
    const { chunks, bytes } = encodeRpc(append(one, two, [sent, batch(7, ['x'])]), GROUP_ID);
    expect(chunks[1]).toBe(sent.bytes);
    expect(bytes).toBe(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    const decoded = decodeRpc(Buffer.concat(chunks).subarray(4), route) as AppendEntries;
    for (const { bytes: own } of decoded.batches) expect(own.buffer.byteLength).toBe(own.length);
  });

  it('names the sender’s boot in requests and keeps the asked boot in replies', () => {
    for (const rpc of randomRpcs(seededRandom(1), one, two)) {
      const decoded = decodeRpc(frameOf(rpc), { ...route, boot: incarnation(77) });
      const isReply = rpc.kind.endsWith('-reply');
      expect(decoded?.incarnation).toBe(isReply ? rpc.incarnation : 77);
    }
  });

  it('refuses every truncation and every extension of a frame', () => {
    for (const rpc of randomRpcs(seededRandom(4), one, two)) {
      const frame = frameOf(rpc);
      // What is left of the frame is the data of a snapshot, which has a checksum of its own.
      const free = rpc.kind === 'install-snapshot' ? rpc.data.length : 0;
      for (let end = 0; end < frame.length - free; end += 1) {
        expect(decodeRpc(frame.subarray(0, end), route)).toBeUndefined();
      }
      if (free > 0) continue;
      expect(decodeRpc(Buffer.concat([frame, Buffer.of(0)]), route)).toBeUndefined();
    }
  });

  it('never throws, whatever byte is wrong', () => {
    for (const rpc of randomRpcs(seededRandom(5), one, two)) {
      const frame = frameOf(rpc);
      for (let at = 0; at < frame.length; at += 1) {
        for (const value of [0, 1, 127, 255]) {
          const broken = Buffer.from(frame);
          broken[at] = value;
          expect(() => decodeRpc(broken, route)).not.toThrow();
        }
      }
    }
  });

  it.each([
    ['version', 0, 2],
    ['type', 1, 99],
    ['flags', 3, 1],
    ['flag of another kind', 2, 8],
    ['group', 4, 2],
    ['term of 2^53 and more', 15, 1],
    ['round of 2^53 and more', 20 + 8 + 7, 1],
  ])('refuses a foreign %s', (_name, at, value) => {
    const frame = Buffer.from(frameOf(heartbeat(1, 2)));
    frame[at] = value;
    expect(decodeRpc(frame, route)).toBeUndefined();
  });

  it.each([
    ['a gap after prevIndex', { prevIndex: 3 }],
    ['a term before prevTerm', { prevTerm: 4 }],
    ['entries of a later term than the leader’s', { term: 2 }],
  ])('refuses entries with %s', (_name, change) => {
    const fine = append(one, two, [batch(5, ['x'])]);
    expect(decodeRpc(frameOf(fine), route)).toBeDefined();
    const wrong = { ...fine, ...change } as AppendEntries;
    expect(decodeRpc(frameOf(wrong), route)).toBeUndefined();
  });

  it('refuses entries whose checksum is wrong', () => {
    const frame = Buffer.from(frameOf(append(one, two, [batch(5, ['payload'])])));
    const last = frame.length - 1;
    frame[last] = (frame[last] ?? 0) ^ 1;
    expect(decodeRpc(frame, route)).toBeUndefined();
  });

  it('keeps nothing of the frame that a snapshot came in', () => {
    const frame = frameOf(install(1, 2, Buffer.from('data')));
    const decoded = decodeRpc(frame, route) as InstallSnapshot;
    frame.fill(0);
    expect(decoded.data.toString()).toBe('data');
    expect(decoded.snapshot.configuration.toString()).toBe('members');
    for (const kept of [decoded.data, decoded.snapshot.configuration]) {
      expect(kept.buffer.byteLength).toBe(kept.length);
    }
  });

  it('writes the data of a snapshot as it is, and no more than a frame may hold', () => {
    const data = Buffer.alloc(256 * 1024);
    expect(encodeRpc(install(1, 2, data), GROUP_ID).chunks.at(-1)).toBe(data);
    const tooLarge = install(1, 2, Buffer.alloc(1024 * 1024));
    expect(() => encodeRpc(tooLarge, GROUP_ID)).toThrow('largest frame');
    const frame = Buffer.concat([frameOf(install(1, 2, data)), Buffer.alloc(1024 * 1024)]);
    expect(decodeRpc(frame, route)).toBeUndefined();
  });

  it.each<[string, Partial<InstallSnapshot['snapshot']>]>([
    ['a later term than the leader’s', { term: term(8) }],
    ['a configuration that it does not include', { configurationIndex: logIndex(41) }],
  ])('refuses a snapshot with %s', (_name, change) => {
    const fine = install(1, 2, Buffer.of(1));
    const wrong = { ...fine, snapshot: { ...fine.snapshot, ...change } };
    expect(decodeRpc(frameOf(wrong), route)).toBeUndefined();
  });

  it.each([
    ['the status of a snapshot', 'install-reply', 36],
    ['the refusal of a read', 'read-reply', 36],
  ] as const)('refuses a number that no value of %s has', (_name, kind, at) => {
    const rpc = randomRpcs(seededRandom(6), one, two).find((each) => each.kind === kind);
    const frame = Buffer.from(frameOf(rpc ?? heartbeat(1, 2)));
    expect(decodeRpc(frame, route)?.kind).toBe(kind);
    frame[at] = 4;
    expect(decodeRpc(frame, route)).toBeUndefined();
  });
});
