import { describe, expect, it } from '@jest/globals';
import { incarnation, nodeId } from '../../src/core/numbers.ts';
import {
  type Acquaintance,
  type Greeting,
  type RefusalCode,
  type Self,
  decodeAnswer,
  decodeHello,
  encodeHello,
  encodeRefuse,
  encodeWelcome,
  greeting,
  judge,
} from '../../src/driver/transport/handshake.ts';
import type { EncodedFrame } from '../../src/driver/transport/rpc-codec.ts';

const clusterId = 'c'.repeat(32);

function self(id: number): Self {
  const instanceId = `${id}`.repeat(32);
  const identity = { clusterId, clusterEpoch: 2, instanceId, nodeId: nodeId(id) };
  return { identity, incarnation: incarnation(5) };
}

const hello: Greeting = greeting(self(1), nodeId(2), 'bulk');
const frameOf = ({ chunks }: EncodedFrame): Buffer => Buffer.concat(chunks).subarray(4);

describe('handshake frames', () => {
  it('give back what was said', () => {
    const said = { ...hello, auth: Buffer.from('secret') };
    expect(decodeHello(frameOf(encodeHello(said)))).toEqual(said);
    const welcome = decodeAnswer(frameOf(encodeWelcome(said)));
    expect(welcome).toEqual({ kind: 'welcome', welcome: said });
    const refusal = { code: 'epoch', text: 'another época' } as const;
    expect(decodeAnswer(frameOf(encodeRefuse(refusal)))).toEqual({ kind: 'refuse', refusal });
  });

  it('are refused when cut short, extended or of the other direction', () => {
    const frame = frameOf(encodeHello(hello));
    for (let end = 0; end < frame.length; end += 1) {
      expect(decodeHello(frame.subarray(0, end))).toBeUndefined();
    }
    expect(decodeHello(Buffer.concat([frame, Buffer.of(0)]))).toBeUndefined();
    expect(decodeHello(frameOf(encodeWelcome(hello)))).toBeUndefined();
    expect(decodeAnswer(frame)).toBeUndefined();
    expect(decodeAnswer(Buffer.of(1, 66, 99, 0))).toBeUndefined();
  });
});

describe('judging a greeting', () => {
  const known: Acquaintance = {
    isMember: true,
    instanceId: '1'.repeat(32),
    incarnation: incarnation(5),
  };

  it('accepts the node that is known, the same boot or a later one', () => {
    expect(judge(self(2), hello, known)).toBeUndefined();
    expect(judge(self(2), hello, { ...known, instanceId: undefined })).toBeUndefined();
    expect(judge(self(2), { ...hello, incarnation: incarnation(6) }, known)).toBeUndefined();
    expect(judge(self(2), { ...hello, mostVersion: 9 }, known)).toBeUndefined();
  });

  const cases: [RefusalCode, Partial<Greeting>, Partial<Acquaintance>][] = [
    ['version', { leastVersion: 2, mostVersion: 3 }, {}],
    ['version', { leastVersion: 0, mostVersion: 0 }, {}],
    ['cluster', { clusterId: 'd'.repeat(32) }, {}],
    ['epoch', { clusterEpoch: 1 }, {}],
    ['epoch', { clusterEpoch: 3 }, {}],
    ['wrong-node', { to: nodeId(3) }, {}],
    ['unknown-node', {}, { isMember: false }],
    ['instance', { instanceId: 'f'.repeat(32) }, {}],
    ['stale-incarnation', { incarnation: incarnation(4) }, {}],
    ['stale-incarnation', { incarnation: incarnation(0) }, { incarnation: incarnation(0) }],
    ['unauthenticated', { auth: Buffer.from('x') }, {}],
  ];

  it.each(cases)('refuses by %s: %j %j', (code, said, knownOtherwise) => {
    const refusal = judge(self(2), { ...hello, ...said }, { ...known, ...knownOtherwise });
    expect(refusal?.code).toBe(code);
    expect(refusal?.text).not.toBe('');
  });
});
