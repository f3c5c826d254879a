import { describe, expect, it } from '@jest/globals';
import type { Retry } from '@rrmq/client';
import { useFixture } from './fixture.ts';

const fixture = useFixture();

function nodesAsked(): number[] {
  return fixture().cluster.leaderCalls.map(({ node }) => node);
}

describe('the leader', () => {
  it('is found by status, and remembered', async () => {
    const { cluster } = fixture();
    cluster.leader = 2;
    const client = fixture().connect();
    await client.createTopic('a');
    await client.createTopic('b');
    expect(nodesAsked()).toEqual([2, 2]);
    expect(cluster.seen.filter(({ call }) => call === 'GET /status')).toHaveLength(3);
  });

  it('is found by the hint of the only node that is known', async () => {
    const { cluster } = fixture();
    const retries: Retry[] = [];
    const client = fixture().connect(
      { onRetry: (retry) => retries.push(retry) },
      cluster.urls.slice(1, 2),
    );
    await client.createTopic('a');
    await client.createTopic('b');
    expect(nodesAsked()).toEqual([1, 0, 0]);
    expect(retries).toMatchObject([
      { call: 'createTopic', tries: 1, delayMs: 0, error: { code: 'not-leader' } },
    ]);
  });

  it('is followed when it changes', async () => {
    const { cluster } = fixture();
    const client = fixture().connect();
    await client.createTopic('a');
    cluster.leader = 1;
    cluster.term = 2;
    await client.createTopic('b');
    expect(nodesAsked()).toEqual([0, 0, 1]);
  });

  it('is found again without hints', async () => {
    const { cluster } = fixture();
    cluster.hints = false;
    const client = fixture().connect();
    await client.createTopic('a');
    cluster.leader = 1;
    await client.createTopic('b');
    expect(nodesAsked()).toEqual([0, 0, 1]);
  });

  it('is waited for while there is none', async () => {
    const { cluster } = fixture();
    cluster.leader = -1;
    let tries = 0;
    const client = fixture().connect({
      onRetry: () => {
        if (++tries === 5) cluster.leader = 2;
      },
    });
    expect(await client.createTopic('a')).toEqual({ created: true });
    expect(tries).toBeGreaterThanOrEqual(5);
  });

  it('is replaced when its process dies: pop and publish go on', async () => {
    const { cluster } = fixture();
    cluster.topics.set('t', ['1', '2', '3']);
    const client = fixture().connect();
    expect(await client.pop('t')).toBe('1');
    await cluster.kill(0);
    cluster.leader = 1;
    cluster.term = 2;
    // The publish goes first: it may be lost on the dead connection, which a pop could not repeat.
    await client.publish('t', '4');
    expect(await client.pop('t')).toBe('2');
    expect(cluster.topics.get('t')).toEqual(['3', '4']);
  });

  it('is replaced although followers still name the dead one', async () => {
    const { cluster } = fixture();
    await cluster.kill(0); // and `leader` stays 0 until the sixth try
    let tries = 0;
    const client = fixture().connect({
      onRetry: () => {
        if (++tries === 6) cluster.leader = 1;
      },
    });
    expect(await client.createTopic('t')).toEqual({ created: true });
  });

  it('of an earlier term is believed once at most', async () => {
    const { cluster } = fixture();
    cluster.term = 5;
    cluster.leader = 2;
    cluster.staleLeader = 0;
    const client = fixture().connect();
    await client.createTopic('a');
    await client.createTopic('b');
    expect(nodesAsked().filter((node) => node === 0).length).toBeLessThanOrEqual(1);
    expect([...cluster.topics.keys()]).toEqual(['a', 'b']);
  });

  it('is searched once for many calls', async () => {
    const { cluster } = fixture();
    cluster.topics.set('t', []);
    const client = fixture().connect({ ordered: false });
    await Promise.all(Array.from({ length: 50 }, (_, i) => client.publish('t', `${i}`)));
    expect(cluster.seen.filter(({ call }) => call === 'GET /status')).toHaveLength(3);
  });
});
