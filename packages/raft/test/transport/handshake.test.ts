import { describe, expect, it } from '@jest/globals';
import { incarnation, nodeId } from '../../src/core/numbers.ts';
import { NodePeerAuth } from '../../src/driver/node-peer-auth.ts';
import { type Greeting, type Self, greeting } from '../../src/driver/transport/greeting.ts';
import {
  HANDSHAKE_BYTES_MAX,
  decodeAnswer,
  decodeHello,
  decodeProof,
  encodeChallenge,
  encodeHello,
  encodeProof,
  encodeRefuse,
  encodeWelcome,
  transcriptOf,
} from '../../src/driver/transport/handshake.ts';
import { type Acquaintance, judge, judgeProof } from '../../src/driver/transport/judging.ts';
import type { RefusalCode } from '../../src/driver/transport/refusal.ts';
import type { EncodedFrame } from '../../src/driver/transport/rpc-codec.ts';

const clusterId = 'c'.repeat(32);

function self(id: number): Self {
  const instanceId = `${id}`.repeat(32);
  const identity = { clusterId, clusterEpoch: 2, instanceId, nodeId: nodeId(id) };
  return {
    identity,
    incarnation: incarnation(5),
    address: { ip: 'node.example', port: 7100 + id },
  };
}

const nonce = (byte: number): Buffer => Buffer.alloc(32, byte);
const hello: Greeting = greeting(self(1), { to: nodeId(2), channel: 'bulk' }, nonce(1));
const reply: Greeting = greeting(self(2), { to: nodeId(1), channel: 'bulk' }, nonce(2));
const frameOf = ({ chunks }: EncodedFrame): Buffer => Buffer.concat(chunks).subarray(4);

describe('handshake frames', () => {
  it('give back what was said', () => {
    expect(decodeHello(frameOf(encodeHello(hello)))).toEqual(hello);
    const challenge = { said: reply, proof: Buffer.from('proof') };
    const answer = decodeAnswer(frameOf(encodeChallenge(challenge)));
    expect(answer).toEqual({ kind: 'challenge', challenge });
    expect(decodeProof(frameOf(encodeProof(Buffer.alloc(0))))).toEqual(Buffer.alloc(0));
    expect(decodeProof(frameOf(encodeProof(Buffer.from('x'))))).toEqual(Buffer.from('x'));
    expect(decodeAnswer(frameOf(encodeWelcome()))).toEqual({ kind: 'welcome' });
    const refusal = { code: 'removed', text: 'no longer a member, señor' } as const;
    expect(decodeAnswer(frameOf(encodeRefuse(refusal)))).toEqual({ kind: 'refuse', refusal });
  });

  it.each([
    ['hello', encodeHello(hello), decodeHello],
    ['challenge', encodeChallenge({ said: reply, proof: nonce(3) }), decodeAnswer],
    ['proof', encodeProof(nonce(3)), decodeProof],
    ['welcome', encodeWelcome(), decodeAnswer],
  ])('%s is refused when cut short or extended, and never throws', (_name, encoded, decode) => {
    const frame = frameOf(encoded);
    for (let end = 0; end < frame.length; end += 1) {
      expect(decode(frame.subarray(0, end))).toBeUndefined();
    }
    expect(decode(Buffer.concat([frame, Buffer.of(0)]))).toBeUndefined();
    for (let at = 0; at < frame.length; at += 1) {
      for (const value of [0, 1, 127, 255]) {
        const broken = Buffer.from(frame);
        broken[at] = value;
        expect(() => decode(broken)).not.toThrow();
      }
    }
  });

  it('are refused when of the other direction, or of no known code', () => {
    const said = frameOf(encodeChallenge({ said: reply, proof: nonce(3) }));
    expect(decodeHello(said)).toBeUndefined();
    expect(decodeProof(said)).toBeUndefined();
    expect(decodeAnswer(frameOf(encodeHello(hello)))).toBeUndefined();
    expect(decodeAnswer(Buffer.of(1, 66, 99, 0))).toBeUndefined();
  });

  it('are small, however long the names', () => {
    const long = 'x'.repeat(64);
    const address = { ip: 'h'.repeat(253), port: 65_535 };
    const said = { ...reply, clusterId: long, instanceId: long, address };
    const { bytes } = encodeChallenge({ said, proof: Buffer.alloc(64) });
    expect(bytes).toBeLessThan(HANDSHAKE_BYTES_MAX / 4);
  });

  it.each([
    ['what is no host', { ip: 'a/b', port: 1 }],
    ['no port', { ip: 'host', port: 0 }],
  ])('with %s to be dialled back at are refused', (_name, address) => {
    expect(decodeHello(frameOf(encodeHello({ ...hello, address })))).toBeUndefined();
  });

  it('of a protocol before this one are understood well enough to be refused', () => {
    // Protocol 1 had credentials where the nonce stands now; they were always empty.
    const frame = frameOf(encodeHello(hello));
    const early = Buffer.from(frame.subarray(0, 24 + 2 * 33 + 2));
    early.writeUInt16LE(1, 2);
    early.writeUInt16LE(1, 4);
    early.writeUInt16LE(0, early.length - 2);
    const said = decodeHello(early);
    expect(said).toMatchObject({ from: 1, to: 2, mostVersion: 1 });
    expect(said && judge(self(2), said, known)?.code).toBe('version');
  });
});

describe('proofs', () => {
  const auth = new NodePeerAuth('a secret of the cluster');
  const forDialer = transcriptOf('dialer', hello, reply);

  it('are right for the same secret, and for none on both sides', () => {
    const other = new NodePeerAuth('a secret of the cluster');
    expect(judgeProof(other, forDialer, auth.prove(forDialer))).toBeUndefined();
    expect(judgeProof(new NodePeerAuth(undefined), forDialer, Buffer.alloc(0))).toBeUndefined();
  });

  it.each<[string, string | undefined, string | undefined, string]>([
    ['another secret', 'secret of another cluster', 'a secret of the cluster', 'differ'],
    ['a secret on one side', undefined, 'a secret of the cluster', 'one of the two'],
    ['a secret on the other side', 'a secret of the cluster', undefined, 'one of the two'],
  ])('are refused for %s, in words that hold no secret', (_name, theirs, ours, words) => {
    const proof = new NodePeerAuth(theirs).prove(forDialer);
    const refusal = judgeProof(new NodePeerAuth(ours), forDialer, proof);
    expect(refusal?.code).toBe('unauthenticated');
    expect(refusal?.text).toContain(words);
    expect(refusal?.text).not.toContain('of another cluster');
    expect(refusal?.text).not.toContain('a secret of');
  });

  it('cannot be reflected, replayed, or used for any other stream', () => {
    const proof = auth.prove(forDialer);
    const otherwise: [Partial<Greeting>, Partial<Greeting>][] = [
      [{ nonce: nonce(9) }, {}],
      [{}, { nonce: nonce(9) }],
      [{ from: nodeId(3) }, {}],
      [{ to: nodeId(3) }, {}],
      [{ instanceId: 'f'.repeat(32) }, {}],
      [{}, { instanceId: 'f'.repeat(32) }],
      [{ incarnation: incarnation(6) }, {}],
      [{}, { incarnation: incarnation(6) }],
      [{ channel: 'control' }, {}],
      [{ clusterId: 'd'.repeat(32) }, {}],
      [{ clusterEpoch: 3 }, {}],
      [{ address: { ip: 'elsewhere', port: 1 } }, {}],
    ];
    for (const [said, answered] of otherwise) {
      const other = transcriptOf('dialer', { ...hello, ...said }, { ...reply, ...answered });
      expect(auth.check(other, proof)).toBe(false);
    }
    expect(auth.check(transcriptOf('acceptor', hello, reply), proof)).toBe(false);
    expect(auth.check(transcriptOf('dialer', reply, hello), proof)).toBe(false);
    expect(auth.check(forDialer, proof)).toBe(true);
  });

  it('come with nonces that are never the same', () => {
    const nonces = Array.from({ length: 100 }, () => auth.nonce());
    expect(nonces.every(({ length }) => length === 32)).toBe(true);
    expect(new Set(nonces.map((each) => each.toString('hex'))).size).toBe(100);
  });
});

const known: Acquaintance = {
  standing: 'member',
  instanceId: '1'.repeat(32),
  incarnation: incarnation(5),
};

describe('judging a greeting', () => {
  it('accepts the node that is known, the same boot or a later one', () => {
    expect(judge(self(2), hello, known)).toBeUndefined();
    expect(judge(self(2), hello, { ...known, instanceId: undefined })).toBeUndefined();
    expect(judge(self(2), hello, { ...known, standing: 'newcomer' })).toBeUndefined();
    expect(judge(self(2), { ...hello, incarnation: incarnation(6) }, known)).toBeUndefined();
    expect(judge(self(2), { ...hello, mostVersion: 9 }, known)).toBeUndefined();
  });

  const cases: [RefusalCode, Partial<Greeting>, Partial<Acquaintance>][] = [
    ['version', { leastVersion: 3, mostVersion: 4 }, {}],
    ['version', { leastVersion: 0, mostVersion: 1 }, {}],
    ['cluster', { clusterId: 'd'.repeat(32) }, {}],
    ['epoch', { clusterEpoch: 1 }, {}],
    ['epoch', { clusterEpoch: 3 }, {}],
    ['wrong-node', { to: nodeId(3) }, {}],
    ['unknown-node', {}, { standing: 'unknown' }],
    ['removed', {}, { standing: 'removed' }],
    ['instance', { instanceId: 'f'.repeat(32) }, {}],
    ['stale-incarnation', { incarnation: incarnation(4) }, {}],
    ['stale-incarnation', { incarnation: incarnation(0) }, { incarnation: incarnation(0) }],
  ];

  it.each(cases)('refuses by %s: %j %j', (code, said, knownOtherwise) => {
    const refusal = judge(self(2), { ...hello, ...said }, { ...known, ...knownOtherwise });
    expect(refusal?.code).toBe(code);
    expect(refusal?.text).not.toBe('');
  });
});
