import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { connect } from '@rrmq/client';
import { ExitCode } from '../../src/exit-code.ts';
import { accountFor } from '../processes/accounting.ts';
import { Load } from '../processes/load.ts';
import { Program } from '../processes/program.ts';
import { TestCluster } from '../processes/test-cluster.ts';

describe('nodes that were stopped with a backlog', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'by %s are whole, and have all of it when they start again',
    async (signal) => {
      await using cluster = await TestCluster.start(3);
      const sent = await stopWithBacklog(cluster, signal);
      const acked = sent.get('a')?.length ?? 0;
      for (const index of cluster.indexes) {
        const { code, stdout } = await verify(cluster.dataDirectory(index));
        expect({ code, stdout }).toMatchObject({ code: ExitCode.done });
        expect(stdout).toMatch(/^segments {4}1, from \d+\.log on$/m);
        expect(stdout).toMatch(/^log {9}whole$/m);
        expect(stdout).toContain(`last stop   ${signal === 'SIGTERM' ? 'clean' : 'not clean'}`);
        const entries = Number(/^entries +(\d+) written/m.exec(stdout)?.[1]);
        expect(entries).toBeGreaterThan(acked);
      }

      await cluster.startAll();
      await cluster.leader();
      await using client = connect(cluster.urls, { timeoutMs: 30_000 });
      const accounts = await accountFor(client, sent);
      expect(accounts.flatMap(({ faults }) => faults)).toEqual([]);
    },
    60_000,
  );

  it('and one has a flipped byte: it is refused by both programs, stays as it is, and the others go on', async () => {
    await using cluster = await TestCluster.start(3);
    const sent = await stopWithBacklog(cluster, 'SIGTERM');
    const directory = cluster.dataDirectory(1);
    const file = readdirSync(directory).find((name) => name.endsWith('.log')) ?? '';
    const bytes = readFileSync(join(directory, file));
    const offset = bytes.indexOf('b:10');
    expect(offset).toBeGreaterThan(0);
    bytes[offset] = (bytes[offset] ?? 0) ^ 0x80;
    writeFileSync(join(directory, file), bytes);
    const before = hashesOf(directory);

    const verified = await verify(directory);
    expect(verified.code).toBe(ExitCode.corruptLog);
    const [, named, byte] = /CORRUPT: (\S+), byte (\d+)/.exec(verified.stdout) ?? [];
    expect(named).toBe(file);
    expect(Number(byte)).toBeLessThanOrEqual(offset);
    expect(hashesOf(directory)).toEqual(before);

    const node = cluster.spawn(1);
    expect(await node.exited).toEqual({ code: ExitCode.corruptLog, signal: null });
    expect(node.stderr).toContain(`The log is corrupt at ${join(directory, file)}, byte ${byte}`);
    expect(node.stderr).toContain('Nothing was changed.');
    expect(hashesOf(directory)).toEqual(before);

    await cluster.startAll([0, 2]);
    await cluster.leader();
    await using client = connect(cluster.urls, { timeoutMs: 30_000 });
    const accounts = await accountFor(client, sent);
    expect(accounts.flatMap(({ faults }) => faults)).toEqual([]);
  }, 60_000);
});

/** Messages of two topics, after which all nodes end at once. */
async function stopWithBacklog(
  cluster: TestCluster,
  signal: 'SIGTERM' | 'SIGKILL',
): Promise<Load['sent']> {
  await using load = await Load.start(cluster.urls, ['a', 'b']);
  await load.ackedMore(60);
  await load.stop();
  const nodes = cluster.indexes.map((index) => cluster.node(index));
  for (const node of nodes) node.signal(signal);
  await Promise.all(nodes.map(({ exited }) => exited));
  return load.sent;
}

async function verify(directory: string): Promise<{ code: number | null; stdout: string }> {
  await using program = new Program(['verify', directory], { cwd: '.' });
  const { code } = await program.exited;
  return { code, stdout: program.stdout };
}

/** Not data: who uses the directory, and the store's table of readers. */
const LOCK = /^lock|-lock$/;

/** The hash of every file but the locks. */
function hashesOf(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !LOCK.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(
    names.map((name) => [name, createHash('sha256').update(readFileSync(name)).digest('hex')]),
  );
}
