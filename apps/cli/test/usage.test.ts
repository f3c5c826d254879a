import { describe, expect, it } from '@jest/globals';
import { parseDuration } from '../src/duration.ts';
import { readLines } from '../src/input.ts';
import { Readable } from 'node:stream';
import { rrmq } from './shell.ts';

describe('usage', () => {
  it.each([
    [['topic', 'create']],
    [['topic', 'lst']],
    [['nonsense']],
    [['pop', 't', '-n', '0']],
    [['pop', 't', '-n', '1', '--all']],
    [['publish', 't', 'a', '--lines']],
    [['publish', 't', 'a', '-']],
    [['publish', 't', '--concurrency', '0']],
    [['topic', 'ls', '-o', 'xml']],
    [['topic', 'ls', '--timeout', '5']],
    [['topic', 'ls', '--url', 'localhost:7001']],
    [['topic', 'ls', '--url', 'http://a:1/,http://b:1/queue']],
    [['topic', 'ls', '--token-file', '/does/not/exist']],
    [['topic', 'ls', '--ca', '/does/not/exist']],
    [['cluster', 'add', 'http://10.0.0.4:7001']],
    [['cluster', 'add', '10.0.0.4']],
    [['cluster', 'add', '10.0.0.4:0']],
    [['cluster', 'add', '10.0.0.4:1:65536']],
    [['cluster', 'add', '10.0.0.4:1', '--as', 'king']],
    [['cluster', 'remove']],
    [['cluster', 'remove', 'two']],
    [['cluster', 'promote', '0']],
    [['cluster', 'transfer', '--to', 'x']],
    [['backup', 'save']],
    [['status', '--interval', 'x']],
    [['dev', '--nodes', '10']],
  ])('%j ends with 2, an error and a next step', async (args) => {
    const ran = await rrmq(args);
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toMatch(/^error: .+\nnext: .+\n$/);
  });

  it.each([
    ['http://b:1/queue', 'the URL of a node has no path: write http://b:1 instead of'],
    ['http://b:1,', 'one of the URLs is empty'],
    ['', 'one of the URLs is empty'],
    ['b:1', 'not an http or https URL: b:1'],
  ])('says why the URLs %j are refused', async (urls, why) => {
    const ran = await rrmq(['topic', 'ls', '--url', urls]);
    expect(ran.err).toContain(`error: ${why}`);
    expect(ran.err).toContain('\nnext: give --url or RRMQ_URL as http://host:port, several with');
  });

  it.each([
    [['pop', 't', '-n', '0'], 'rrmq pop'],
    [['pop', 't', '-n', '1', '--all'], 'rrmq pop'],
    [['pop'], 'rrmq pop'],
    [['pop', 't', '--nonsense'], 'rrmq pop'],
    [['publish', 't', 'a', '--lines'], 'rrmq publish'],
    [['publish', 't', 'a', '-'], 'rrmq publish'],
    [['topic', 'lst'], 'rrmq topic'],
    [['cluster', 'add', 'x'], 'rrmq cluster add'],
    [['backup', 'save'], 'rrmq backup save'],
    [['nonsense'], 'rrmq'],
    [['pop', 't', '--timeout', '5'], 'rrmq'],
  ])('%j names the help that helps: of %s', async (args, command) => {
    const ran = await rrmq(args);
    expect(ran.err).toContain(`\nnext: see \`${command} --help\`\n`);
  });

  it('says that a duration must be above zero', async () => {
    const ran = await rrmq(['topic', 'ls', '--timeout', '0s']);
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining('must be above zero') });
  });

  it('is said in our own words', async () => {
    const ran = await rrmq(['topic', 'create', ''], { url: 'http://127.0.0.1:1' });
    expect(ran.err).toContain('error: the topic name is empty [invalid-topic-name]');
  });

  it('suggests what may have been meant', async () => {
    expect((await rrmq(['statsu'])).err).toContain('Did you mean status?');
  });

  it('without a command shows help and ends with 2', async () => {
    const ran = await rrmq([]);
    expect(ran).toMatchObject({ code: 2, out: '', err: expect.stringContaining('Usage: rrmq') });
  });

  it.each([
    [['--help']],
    [['topic', 'create', '--help']],
    [['topic', 'ls', '--help']],
    [['publish', '--help']],
    [['pop', '--help']],
    [['status', '--help']],
    [['dev', '--help']],
    [['cluster', 'status', '--help']],
    [['cluster', 'add', '--help']],
    [['cluster', 'remove', '--help']],
    [['cluster', 'promote', '--help']],
    [['cluster', 'transfer', '--help']],
    [['backup', 'save', '--help']],
    [['backup', 'verify', '--help']],
    [['backup', 'restore', '--help']],
  ])('%j shows examples', async (args) => {
    const ran = await rrmq(args);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.out).toContain('Examples:\n  $ rrmq ');
  });

  it('documents the exit codes', async () => {
    expect((await rrmq(['--help'])).out).toContain('Exit codes:');
  });

  it('tells its version', async () => {
    expect(await rrmq(['--version'])).toEqual({ code: 0, out: '1.2.3\n', err: '' });
  });
});

describe('durations', () => {
  it.each([
    ['1ms', 1],
    ['5s', 5000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
  ])('%s is %i ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', '5', '-1s', '1d', '1e3s'])('%p is none', (text) => {
    expect(() => parseDuration(text)).toThrow('duration');
  });

  it.each(['0s', '0.1ms'])('%p is too short', (text) => {
    expect(() => parseDuration(text)).toThrow('above zero');
  });

  it('600h is too long', () => expect(() => parseDuration('600h')).toThrow('at most 596h'));
});

describe('lines of input', () => {
  it('are bounded', async () => {
    const endless = Readable.from(Array.from({ length: 20 }, () => Buffer.alloc(1024 * 1024, 'x')));
    await expect(async () => {
      for await (const line of readLines(endless)) expect(line).toBe('never');
    }).rejects.toThrow('line 1 is larger than');
  });
});
