import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type RrmqClient, connect } from '@rrmq/client';
import { accountFor } from '../processes/accounting.ts';
import { Load } from '../processes/load.ts';
import { rrmq } from '../processes/rrmq.ts';
import { TestCluster } from '../processes/test-cluster.ts';

const TOPICS = ['a', 'b', 'ü/.. c'];

describe('a backup of a cluster', () => {
  it('that is saved under load holds a prefix with all that was acked before, and fills an empty cluster', async () => {
    await using cluster = await TestCluster.start(3);
    await using fresh = await TestCluster.start(3);
    await using load = await Load.start(cluster.urls, TOPICS);
    await load.ackedMore(100);
    expect(await load.client.pop('a')).toBe('a:0');
    const acked = ackedIn(load);
    const file = cluster.folder.file('backup');
    const saved = await rrmq(cluster.urls, ['backup', 'save', file, '-o', 'json']);
    expect(saved.code).toBe(0);
    await load.ackedMore(30);
    await load.stop();

    const verified = await rrmq(['http://127.0.0.1:1'], ['backup', 'verify', file, '-o', 'json']);
    expect(verified).toMatchObject({ code: 0, stdout: saved.stdout });
    const restored = await rrmq(fresh.urls, ['backup', 'restore', file]);
    expect(restored.code).toBe(0);

    await using client = connect(fresh.urls);
    expect(await client.topics()).toEqual(TOPICS);
    for (const [topic, sent] of load.sent) {
      const popped = await popAll(client, topic);
      const first = topic === 'a' ? 1 : 0;
      const end = first + popped.length;
      expect(popped).toEqual(sent.slice(first, end).map(({ message }) => message));
      expect(end).toBeGreaterThanOrEqual(acked.get(topic) ?? Infinity);
    }
    // The cluster that was saved from goes on with all that it has.
    await load.client.publish('a', 'late');
    expect(await load.client.pop('a')).toBe('a:1');
    // And so does the one that was filled.
    await client.publish('b', 'new');
    expect(await client.pop('b')).toBe('new');
  }, 60_000);

  it('is refused with a flipped byte, and by a cluster that has topics; nothing is lost there', async () => {
    await using cluster = await TestCluster.start(3);
    await using load = await Load.start(cluster.urls, TOPICS);
    await load.ackedMore(60);
    const file = cluster.folder.file('backup');
    expect(await rrmq(cluster.urls, ['backup', 'save', file])).toMatchObject({ code: 0 });
    const again = await rrmq(cluster.urls, ['backup', 'save', file]);
    expect(again.code).not.toBe(0);
    expect(again.stderr).toContain(file);

    const flipped = cluster.folder.file('flipped');
    const bytes = readFileSync(file);
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 0x01;
    writeFileSync(flipped, bytes);
    for (const command of ['verify', 'restore']) {
      const refused = await rrmq(cluster.urls, ['backup', command, flipped]);
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toContain('the backup is damaged or not whole');
    }
    const cut = cluster.folder.file('cut');
    writeFileSync(cut, readFileSync(file).subarray(0, -1));
    expect(await rrmq([], ['backup', 'verify', cut])).toMatchObject({ code: 1, stdout: '' });

    const refused = await rrmq(cluster.urls, ['backup', 'restore', file]);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('not-empty');
    await load.ackedMore(30);
    await load.stop();
    const accounts = await accountFor(load.client, load.sent);
    expect(accounts.flatMap(({ faults }) => faults)).toEqual([]);
  }, 60_000);
});

/** How many messages of each topic are acknowledged by now: those from its first on. */
function ackedIn(load: Load): Map<string, number> {
  return new Map(
    [...load.sent].map(([topic, sent]) => [
      topic,
      sent.filter(({ ackedAtMs }) => ackedAtMs !== undefined).length,
    ]),
  );
}

async function popAll(client: RrmqClient, topic: string): Promise<string[]> {
  const popped: string[] = [];
  for (;;) {
    const message = await client.pop(topic);
    if (message === undefined) return popped;
    popped.push(message);
  }
}
