import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { call, createTopic, pop, publish } from '../processes/seed-calls.ts';
import { TestCluster } from '../processes/test-cluster.ts';
import { until } from '../processes/until.ts';

/** How the tests of the seed use a cluster. */
describe('clients of the seed', () => {
  it('start nodes one after another, each polled at GET / until it answers', async () => {
    await using cluster = await TestCluster.plan(3);
    for (const index of cluster.indexes) {
      cluster.spawn(index);
      await until(`GET / of node ${index}`, async () => {
        const { status } = await call(`${cluster.url(index)}/`, 'GET');
        return status === 200 ? true : undefined;
      });
    }
    await cluster.leader();
  });

  it('stop nodes by SIGTERM while connections are open, and use their ports again at once', async () => {
    await using cluster = await TestCluster.start(3);
    const { index: leader } = await cluster.leader();
    await createTopic(cluster.url(leader), 'kept');
    await publish(cluster.url(leader), 'kept', 'm');
    const open = await Promise.all(cluster.urls.map((url) => keepOpen(url)));

    const stoppedAtMs = performance.now();
    for (const index of cluster.indexes) cluster.node(index).signal('SIGTERM');
    const exits = await Promise.all(cluster.indexes.map((index) => cluster.node(index).exited));
    expect(exits).toEqual(exits.map(() => ({ code: 0, signal: null })));
    expect(performance.now() - stoppedAtMs).toBeLessThan(5_000);
    for (const each of open) each.destroy();

    await cluster.startAll();
    const { index } = await cluster.leader();
    const popped = await until('the message is popped', async () => {
      const { status, body } = await pop(cluster.url(index), 'kept');
      return status === 200 ? body : undefined;
    });
    expect(popped).toEqual({ success: true, message: 'm' });
  });

  it('a cluster with one port per node works', async () => {
    await using cluster = await TestCluster.plan(3);
    cluster.useOnePort();
    await cluster.startAll();
    const { index } = await cluster.leader();
    expect((await createTopic(cluster.url(index), 't')).status).toBe(200);
  });
});

/** An HTTP connection that was used and stays open. */
async function keepOpen(url: string): Promise<ClientRequest> {
  const outgoing = request(`${url}/status`, { headers: { connection: 'keep-alive' } });
  outgoing.on('error', () => undefined);
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return outgoing;
}
