import { describe, expect, it } from '@jest/globals';
import { accountFor } from '../processes/accounting.ts';
import { Load } from '../processes/load.ts';
import { TestCluster } from '../processes/test-cluster.ts';

describe('kill -9 of all nodes at once', () => {
  it('loses no acked message and invents none', async () => {
    await using cluster = await TestCluster.start(3);
    await using load = await Load.start(cluster.urls, ['a', 'b', 'c', 'd']);
    for (let round = 0; round < 2; round++) {
      await load.ackedMore(300);
      for (const index of cluster.indexes) cluster.node(index).signal('SIGKILL');
      await Promise.all(cluster.indexes.map((index) => cluster.node(index).exited));
      await cluster.startAll();
      await load.ackedMore(1);
    }
    await load.stop();
    const accounts = await accountFor(load.client, load.sent);
    expect(accounts.flatMap(({ faults }) => faults)).toEqual([]);
  }, 60_000);

  it('a lone survivor of three serves nothing, and all is there when the others come back', async () => {
    await using cluster = await TestCluster.start(3);
    const { index: survivor } = await cluster.leader();
    await using load = await Load.start(cluster.urls, ['a']);
    await load.ackedMore(50);
    const others = cluster.indexes.filter((index) => index !== survivor);
    for (const index of others) await cluster.node(index).kill();
    const ackedThen = load.acked;
    await cluster.losesLead(survivor);
    // One publish may have been committed before both were dead, and answered only now.
    expect(load.acked - ackedThen).toBeLessThanOrEqual(1);
    await cluster.startAll(others);
    await load.ackedMore(50);
    await load.stop();
    const accounts = await accountFor(load.client, load.sent);
    expect(accounts.flatMap(({ faults }) => faults)).toEqual([]);
  }, 60_000);
});
