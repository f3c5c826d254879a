import { describe, expect, it } from '@jest/globals';
import { FrameReader } from '../../src/driver/transport/frame-reader.ts';
import { seededRandom } from './virtual-time.ts';

function framed(content: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(content.length);
  return Buffer.concat([length, content]);
}

const contents = ['a', 'bc', 'defghij', 'k'.repeat(100), 'l'].map((text) => Buffer.from(text));
const bytes = Buffer.concat(contents.map(framed));

/** Feeds pieces, each overwritten after the call as a socket may do, and collects copies of the frames. */
function read(pieces: readonly Buffer[], bytesMax = 1000): string[] {
  const reader = new FrameReader(bytesMax);
  const frames: string[] = [];
  for (const piece of pieces) {
    const own = Buffer.from(piece);
    expect(reader.push(own, (frame) => frames.push(frame.toString()) > 0)).toBe(true);
    own.fill(0xff);
  }
  return frames;
}

describe('frame reader', () => {
  const expected = contents.map((content) => content.toString());

  it('finds the frames wherever the stream is cut in two or three', () => {
    for (let one = 0; one <= bytes.length; one += 1) {
      for (let two = one; two <= bytes.length; two += 7) {
        const pieces = [bytes.subarray(0, one), bytes.subarray(one, two), bytes.subarray(two)];
        expect(read(pieces)).toEqual(expected);
      }
    }
  });

  it('finds the frames byte by byte', () => {
    expect(read(Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(expected);
  });

  it('finds frames of all sizes in random pieces', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const random = seededRandom(seed);
      const size = () => 1 + Math.floor(random.next() ** 4 * 300_000);
      const sent = Array.from({ length: 20 }, (_, i) => Buffer.alloc(size(), i + 1));
      const stream = Buffer.concat(sent.map(framed));
      const pieces: Buffer[] = [];
      for (let start = 0; start < stream.length; start += pieces.at(-1)?.length ?? 1) {
        pieces.push(stream.subarray(start, start + size()));
      }
      const found = read(pieces, 300_000).map((frame) => frame.length);
      expect({ seed, found }).toEqual({ seed, found: sent.map((frame) => frame.length) });
    }
  });

  it.each([
    ['empty', 0],
    ['too long', 1001],
    ['absurd', 0xffff_ffff],
  ])('refuses a frame that is %s, in one piece or in two', (_name, length) => {
    const head = Buffer.alloc(4);
    head.writeUInt32LE(length);
    for (const cut of [0, 1, 3]) {
      const reader = new FrameReader(1000);
      const results = [head.subarray(0, cut), head.subarray(cut)].map((piece) =>
        reader.push(piece, () => true),
      );
      expect(results.includes(false)).toBe(true);
    }
  });

  it('stops at the frame after which nobody listens', () => {
    const reader = new FrameReader(1000);
    const frames: string[] = [];
    expect(reader.push(bytes, (frame) => frames.push(frame.toString()) < 2)).toBe(true);
    expect(frames).toEqual(expected.slice(0, 2));
  });
});
