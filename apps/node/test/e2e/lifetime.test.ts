import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { Load } from '../processes/load.ts';
import { Program } from '../processes/program.ts';
import { TestCluster } from '../processes/test-cluster.ts';
import { until } from '../processes/until.ts';

describe('the end of a node', () => {
  it('by SIGTERM hands the lead over: no call of the SDK fails, and another leads soon', async () => {
    await using cluster = await TestCluster.start(3);
    await using load = await Load.start(cluster.urls, ['a', 'b', 'c', 'd']);
    await load.ackedMore(100);
    const { index } = await cluster.leader();
    cluster.node(index).signal('SIGTERM');
    expect(await cluster.node(index).exited).toEqual({ code: 0, signal: null });
    await load.ackedMore(100);
    await load.stop();
    const failed = [...load.sent.values()].flat().filter((sent) => sent.ackedAtMs === undefined);
    expect(failed).toEqual([]);
  });

  it('comes at once with a second signal', async () => {
    await using cluster = await TestCluster.start(1);
    const node = cluster.node(0);
    using call = await unfinishedCall(cluster.url(0));
    node.signal('SIGTERM');
    await node.logged('stopping');
    expect(call.isOpen).toBe(true);
    node.signal('SIGTERM');
    expect(await node.exited).toEqual({ code: 1, signal: null });
    expect(node.log.at(-1)?.msg).toBe('asked twice: ends at once');
  });

  it('comes cleanly when the process that started it with an IPC channel is gone', async () => {
    await using cluster = await TestCluster.plan(1);
    await using node = new Program(
      [cluster.configFile, '0', '--data-dir', cluster.dataDirectory(0)],
      { cwd: cluster.folder.path, ipc: true },
    );
    await node.logged('listening');
    node.child.disconnect();
    expect(await node.exited).toEqual({ code: 0, signal: null });
    expect(node.log.at(-1)?.event).toBe('stopped');
  });

  it('is no failure when the reader of what it printed has seen enough', async () => {
    await using help = new Program(['--help'], { cwd: '.' });
    help.child.stdout?.destroy();
    expect(await help.exited).toEqual({ code: 0, signal: null });
    expect(help.stderr).toBe('');
  });

  it('does not come when nobody reads its log any more', async () => {
    await using cluster = await TestCluster.start(3);
    const { index: quiet } = await cluster.leader();
    const { child } = cluster.node(quiet);
    child.stdout?.destroy();
    child.stderr?.destroy();
    // It has something to say now: both others go and come.
    const others = cluster.indexes.filter((index) => index !== quiet);
    for (const index of others) await cluster.node(index).kill();
    await cluster.losesLead(quiet);
    await cluster.startAll(others);
    await cluster.settledRole(quiet);
    await until('all three answer', async () =>
      (await cluster.statuses()).length === 3 ? true : undefined,
    );
  });
});

/** A call whose body does not end: it is in flight until somebody gives it up. */
async function unfinishedCall(url: string): Promise<{ isOpen: boolean } & Disposable> {
  const outgoing = request(`${url}/message`, {
    method: 'PUT',
    headers: { expect: '100-continue' },
  });
  outgoing.on('error', () => undefined);
  outgoing.flushHeaders();
  await once(outgoing, 'continue');
  return {
    get isOpen() {
      return outgoing.socket?.destroyed === false;
    },
    [Symbol.dispose]: () => void outgoing.destroy(),
  };
}
