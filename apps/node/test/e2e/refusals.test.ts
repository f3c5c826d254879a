import { createServer } from 'node:http';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  readFileSync,
  readdirSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ExitCode } from '../../src/exit-code.ts';
import { Program } from '../processes/program.ts';
import { TempFolder } from '../processes/temp-folder.ts';
import { TestCluster } from '../processes/test-cluster.ts';
import { getStatus, pop } from '../processes/seed-calls.ts';
import { Load } from '../processes/load.ts';
import { until } from '../processes/until.ts';

/** What a node refuses to start with, how it says so, and what it starts with nevertheless. */
describe('a data directory', () => {
  it('with a flipped byte in the middle of its log is refused, and the place is named', async () => {
    await using cluster = await stoppedCluster();
    const file = logFileOf(cluster);
    const bytes = readFileSync(file);
    const offset = bytes.indexOf('t:5"') >= 0 ? bytes.indexOf('t:5"') : bytes.indexOf('t:5');
    expect(offset).toBeGreaterThan(0);
    bytes[offset] = (bytes[offset] ?? 0) ^ 0x01;
    writeFileSync(file, bytes);

    const node = cluster.spawn(0);
    expect(await node.exited).toEqual({ code: ExitCode.corruptLog, signal: null });
    expect(node.stderr).toContain(`The log is corrupt at ${file}, byte `);
    expect(node.stderr).toContain('rrmq-node verify');
    expect(readFileSync(file).equals(bytes)).toBe(true);
    const named = Number(/byte (\d+)/.exec(node.stderr)?.[1]);
    expect(named).toBeLessThanOrEqual(offset);
    expect(offset - named).toBeLessThan(4_096);

    await using verify = new Program(['verify', cluster.dataDirectory(0)], { cwd: '.' });
    expect((await verify.exited).code).toBe(ExitCode.corruptLog);
    expect(verify.stdout).toContain(`byte ${named}`);
  });

  it('with a cut tail is opened: what is before the cut is there', async () => {
    await using cluster = await stoppedCluster({ clean: false });
    const file = logFileOf(cluster);
    truncateSync(file, endOfFrames(file) - 300);
    const node = cluster.spawn(0);
    const opened = await node.logged('opened');
    expect(opened['clean']).toBe(false);
    await node.logged('listening');
    const { status, body } = await until('a popped message', async () => {
      const answer = await pop(cluster.url(0), 't');
      return answer.status === 200 ? answer : undefined;
    });
    expect({ status, body }).toEqual({ status: 200, body: { success: true, message: 't:0' } });
  });

  it('is verified as whole after a clean stop, and as in use while its node runs', async () => {
    await using cluster = await stoppedCluster();
    await using whole = new Program(['verify', cluster.dataDirectory(0)], { cwd: '.' });
    expect((await whole.exited).code).toBe(ExitCode.done);
    expect(whole.stdout).toContain('store       whole');
    await cluster.startAll();
    await using used = new Program(['verify', cluster.dataDirectory(0)], { cwd: '.' });
    expect((await used.exited).code).toBe(ExitCode.dataDirectory);
    expect(used.stderr).toContain('Stop that process, or verify a copy of the directory');
    expect(used.stderr).not.toContain('--data-dir');

    const forced = ['force-new-cluster', cluster.dataDirectory(0)];
    await using force = new Program(forced, { cwd: '.' });
    expect((await force.exited).code).toBe(ExitCode.dataDirectory);
    expect(force.stderr).toContain('This node runs: stop that process first');
    await cluster.node(0).kill();
    const copy = cluster.folder.file('copy');
    cpSync(cluster.dataDirectory(0), copy, { recursive: true, filter: (from) => !isLock(from) });
    await using copied = new Program(['verify', copy], { cwd: '.' });
    expect((await copied.exited).code).toBe(ExitCode.done);
    await using asked = new Program(forced, { cwd: '.' });
    expect((await asked.exited).code).toBe(ExitCode.usage);
    expect(asked.stderr).toContain('--confirm');
  });

  it('that another process uses is refused', async () => {
    await using cluster = await TestCluster.start(1);
    await using other = await TestCluster.plan(1);
    const node = other.spawn(0, ['--data-dir', cluster.dataDirectory(0)]);
    expect(await node.exited).toEqual({ code: ExitCode.dataDirectory, signal: null });
    expect(node.stderr).toContain('The data directory is in use');
  });

  it('of another cluster, or of another node, is refused and stays as it is', async () => {
    await using cluster = await stoppedCluster();
    await using other = await TestCluster.plan(1);
    cpSync(cluster.dataDirectory(0), other.dataDirectory(0), { recursive: true });
    const segments = () =>
      readdirSync(other.dataDirectory(0)).filter((name) => !name.startsWith('lock'));
    const before = segments();
    const node = other.spawn(0);
    expect(await node.exited).toEqual({ code: ExitCode.dataDirectory, signal: null });
    expect(node.stderr).toContain("The data directory is not this node's");
    expect(segments()).toEqual(before);
    await using verify = new Program(['verify', other.dataDirectory(0)], { cwd: '.' });
    expect((await verify.exited).code).toBe(ExitCode.done);
  });

  it('named by --data-dir keeps its membership under an edited address list, and the node warns', async () => {
    await using cluster = await stoppedCluster();
    using folder = new TempFolder();
    const { addresses } = JSON.parse(readFileSync(cluster.configFile, 'utf8')) as {
      addresses: object[];
    };
    const stranger = { ip: '127.0.0.1', port: 1, internal_port: 2 };
    const config = folder.file('config.json');
    writeFileSync(config, JSON.stringify({ addresses: [...addresses, stranger] }));
    await using node = new Program(
      [config, '0', '--data-dir', cluster.dataDirectory(0), '--log-format', 'json'],
      { cwd: folder.path },
    );
    const warning = await node.logged('stored-membership');
    expect(warning['members']).toHaveLength(1);
    expect(node.stderr).toContain('WARNING: the address list');
    await node.logged('listening');
    expect(await getStatus(cluster.url(0))).toMatchObject({ body: { role: 'Leader' } });
  });

  it('under an edited address list is another one, and the node warns', async () => {
    using folder = new TempFolder();
    await using cluster = await TestCluster.plan(2);
    const [port, internal, more] = cluster.ports;
    const config = folder.file('config.json');
    const first = { ip: '127.0.0.1', port, internal_port: internal };
    writeFileSync(config, JSON.stringify({ addresses: [first] }));
    await using before = new Program([config, '0'], { cwd: folder.path });
    await before.logged('listening');
    await before.kill();

    const second = { ip: '127.0.0.1', port: more };
    writeFileSync(config, JSON.stringify({ addresses: [first, second] }));
    await using after = new Program([config, '0'], { cwd: folder.path });
    const warning = await after.logged('earlier-data');
    await after.logged('listening');
    expect(warning.level).toBe('warn');
    expect(after.stderr).toContain('WARNING');
    expect(readdirSync(folder.file('rrmq-data'))).toHaveLength(2);
  });
});

describe('a port', () => {
  it.each(['port', 'internal port'])(
    'that is taken (the %s) leaves the data untouched',
    async (which) => {
      await using cluster = await TestCluster.plan(1);
      const taken = cluster.ports[which === 'port' ? 0 : 1];
      const holder = createServer().listen(taken, '127.0.0.1');
      await once(holder, 'listening');
      const node = cluster.spawn(0);
      expect(await node.exited).toEqual({ code: ExitCode.portTaken, signal: null });
      expect(node.stderr).toContain(`Port ${taken} is taken`);
      expect(node.stderr).toContain('another port in the config file');
      expect(node.log.at(-1)).toMatchObject({ level: 'fatal', code: ExitCode.portTaken });
      expect(node.stdout).not.toContain('stack');
      expect(existsSync(cluster.dataDirectory(0))).toBe(false);
      holder.close();
    },
  );
});

describe('a config file', () => {
  it('with an address for all of a machine, and keys that mean nothing, is warned about', async () => {
    using folder = new TempFolder();
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const held = holder.address();
    const port = typeof held === 'object' ? held?.port : undefined;
    const addresses = [{ ip: '0.0.0.0', port, internalPort: 1 }];
    writeFileSync(folder.file('c.json'), JSON.stringify({ addresses, datadir: 'd' }));
    await using node = new Program(['c.json', '0'], { cwd: folder.path });
    expect((await node.exited).code).toBe(ExitCode.portTaken);
    expect(node.stderr.match(/c\.json holds the address 0\.0\.0\.0/g)).toHaveLength(1);
    const unknown = node.log.filter(({ event }) => event === 'unknown-setting');
    expect(unknown.map(({ msg }) => msg)).toEqual([
      'c.json has a key that means nothing: addresses[].internalPort (internal_port is meant?)',
      'c.json has a key that means nothing: datadir',
    ]);
    holder.close();
  });
});

describe('arguments', () => {
  it.each([
    ['no config file', ['missing.json', '0'], 'There is no config file missing.json'],
    ['bad JSON', ['bad.json', '0'], 'it is not JSON from line 1, column 16 on'],
    ['a wrong type', ['type.json', '0'], 'addresses[0].port: '],
    ['an index out of range', ['good.json', '1'], 'There is no node with index "1"'],
    ['an index that is no number', ['good.json', 'one'], 'There is no node with index "one"'],
    ['no index', ['good.json'], 'The place of this node in the list is missing'],
    ['an unknown flag', ['good.json', '0', '--data'], "unknown option '--data'"],
    ['flags to join', ['good.json', '0', '--port', '9', '--as', 'learner'], '--port, --as are for'],
    ['a wrong setting', ['good.json', '0', '--heartbeat-ms', 'x'], '--heartbeat-ms is "x"'],
  ])('%s: exit code 2 and clear words', async (_, args, words) => {
    using folder = new TempFolder();
    writeFileSync(folder.file('bad.json'), '{"addresses": [}');
    writeFileSync(folder.file('type.json'), '{"addresses":[{"ip":"a","port":"x"}]}');
    writeFileSync(folder.file('good.json'), '{"addresses":[{"ip":"127.0.0.1","port":9}]}');
    await using program = new Program(args, { cwd: folder.path });
    expect((await program.exited).code).toBe(ExitCode.usage);
    expect(program.stderr).toContain(words);
    expect(program.stdout).toBe('');
  });

  it.each(['--help', '--version'])('%s: exit code 0', async (flag) => {
    await using program = new Program([flag], { cwd: '.' });
    expect((await program.exited).code).toBe(ExitCode.done);
    expect(program.stdout).not.toBe('');
  });
});

/** One node that was stopped, with messages t:0, t:1, … in the topic t. */
async function stoppedCluster({ clean } = { clean: true }): Promise<TestCluster> {
  const cluster = await TestCluster.start(1);
  await using load = await Load.start(cluster.urls, ['t']);
  await load.ackedMore(20);
  await load.stop();
  cluster.node(0).signal(clean ? 'SIGTERM' : 'SIGKILL');
  await cluster.node(0).exited;
  return cluster;
}

const isLock = (path: string): boolean => /lock-\d+$/.test(path);

/** The only segment of a short log. */
function logFileOf(cluster: TestCluster): string {
  const directory = cluster.dataDirectory(0);
  const segments = readdirSync(directory).filter((name) => name.endsWith('.log'));
  expect(segments).toHaveLength(1);
  return join(directory, segments[0] ?? '');
}

/** Where the zeros behind the last frame begin. */
function endOfFrames(file: string): number {
  const bytes = readFileSync(file);
  let end = statSync(file).size;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return end;
}
