import { describe, expect, it } from '@jest/globals';
import { accountFor } from '../processes/accounting.ts';
import { Load } from '../processes/load.ts';
import { rrmq } from '../processes/rrmq.ts';
import { TestCluster } from '../processes/test-cluster.ts';
import { until } from '../processes/until.ts';

/** A segment of the log has 64 MiB: only what lies in an earlier one can be compacted. */
const BYTES = 80 * 2 ** 20;
const MESSAGE_BYTES = 2 ** 18;

describe('a follower that was away for longer than the log reaches', () => {
  it('S06 catches up by a snapshot while publishing goes on, and holds the same', async () => {
    await using cluster = await TestCluster.start(3, ['--keep-log-bytes', '0']);
    const { index: leader } = await cluster.leader();
    const away = (leader + 1) % 3;
    await using load = await Load.start(cluster.urls, ['a', 'b'], '.'.repeat(MESSAGE_BYTES));
    await load.ackedMore(2);
    await cluster.node(away).kill();
    await load.ackedMore(BYTES / MESSAGE_BYTES);
    const view = await until('a compacted log', async () => {
      const seen = await load.client.cluster.status();
      return seen.indexes.compacted > 0 ? seen : undefined;
    });
    const back = cluster.spawn(away);
    const installed = await back.logged('snapshot-installed');
    expect(Number(installed['index'])).toBeGreaterThanOrEqual(view.indexes.compacted);
    await load.ackedMore(20);
    await load.stop();
    await until('the follower has caught up', async () => {
      const { members } = await load.client.cluster.status();
      const lag = members.find(({ id }) => id === away + 1)?.lagEntries ?? Infinity;
      return lag === 0 ? true : undefined;
    });

    const moved = await rrmq(cluster.urls, ['cluster', 'transfer', '--to', String(away + 1)]);
    expect(moved).toMatchObject({ code: 0, stderr: '' });
    expect((await cluster.leader()).index).toBe(away);
    const accounts = await accountFor(load.client, load.sent);
    expect(accounts.flatMap(({ faults }) => faults)).toEqual([]);
  }, 60_000);
});
