import { describe, expect, it } from '@jest/globals';
import { ExitCode } from '../../src/exit-code.ts';
import { accountFor } from '../processes/accounting.ts';
import { Load } from '../processes/load.ts';
import { Program } from '../processes/program.ts';
import { publish } from '../processes/seed-calls.ts';
import { TestCluster } from '../processes/test-cluster.ts';

/** Small segments of a log fit, the spare does not, nor does one that holds the message `TOO_BIG`. */
const FILE_BYTES_MAX = 2 * 1024 * 1024;
const TOO_BIG = 'x'.repeat(3 * 1024 * 1024);

describe('a disk that refuses a write', () => {
  it('ends the node with a code of its own; what was acknowledged is there at the next start', async () => {
    await using cluster = await TestCluster.plan(1);
    await using failing = new Program(
      [cluster.configFile, '0', '--data-dir', cluster.dataDirectory(0)],
      { cwd: cluster.folder.path, fileBytesMax: FILE_BYTES_MAX },
    );
    await failing.logged('listening');
    await using load = await Load.start(cluster.urls, ['a', 'b', 'c', 'd'], 'x'.repeat(20_000));
    // More than one small segment: a spare that cannot be made is no failure yet.
    await load.ackedMore(100);
    await publish(cluster.url(0), 'a', TOO_BIG);

    expect(await failing.exited).toEqual({ code: ExitCode.diskFailure, signal: null });
    expect(failing.stderr).toContain('could not be read or written: EFBIG');
    expect(failing.log.at(-1)).toMatchObject({ level: 'fatal', event: 'failed', code: 6 });

    await cluster.startAll();
    await load.ackedMore(10);
    await load.stop();
    const accounts = await accountFor(load.client, load.sent);
    expect(accounts.flatMap(({ faults }) => faults)).toEqual([]);
  }, 60_000);
});
