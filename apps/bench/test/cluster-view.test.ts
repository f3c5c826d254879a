import { describe, expect, it } from '@jest/globals';
import type { ClusterView, MemberView } from '@rrmq/client';
import { isCaughtUp } from '../src/cluster/cluster-view.ts';

const URL_OF_2 = 'http://127.0.0.1:7002';

function member(id: number, more: Partial<MemberView>): MemberView {
  const address = { ip: '127.0.0.1', port: 7000 + id, internalPort: 7100 + id };
  const url = `http://127.0.0.1:${7000 + id}`;
  return { id, url, address, role: 'voter', isLeader: false, ...more };
}

function view(follower: Partial<MemberView>, more: Partial<ClusterView> = {}): ClusterView {
  const caughtUp = { state: 'replicate', lagEntries: 3, live: true } as const;
  return {
    clusterId: '0',
    clusterEpoch: 1,
    node: 1,
    role: 'leader',
    term: 1,
    leader: 1,
    ready: true,
    members: [member(1, { isLeader: true }), member(2, { ...caughtUp, ...follower })],
    isSettled: true,
    indexes: { committed: 9, applied: 9, last: 9, durable: 9, compacted: 0, flushed: 0 },
    disk: { freeBytes: null, logBytes: 0, dirtyBytes: 0 },
    syncMs: 1,
    ...more,
  };
}

describe('a node has caught up', () => {
  it('when its leader says so, and when it leads itself', () => {
    expect(isCaughtUp(view({}), URL_OF_2)).toBe(true);
    expect(isCaughtUp(view({}), 'http://127.0.0.1:7001')).toBe(true);
  });

  it.each([
    ['it lacks many entries', view({ lagEntries: 5000 })],
    ['it gets a snapshot', view({ state: 'snapshot' })],
    ['it does not answer', view({ live: false })],
    ['it is a learner', view({ role: 'learner' })],
    ['a change of the voters is under way', view({}, { isSettled: false })],
    ['who says so does not lead', view({}, { role: 'follower' })],
  ])('but not when %s', (_what, each) => {
    expect(isCaughtUp(each, URL_OF_2)).toBe(false);
  });

  it('but not when it is no member', () => {
    expect(isCaughtUp(view({}), 'http://127.0.0.1:7009')).toBe(false);
  });
});
