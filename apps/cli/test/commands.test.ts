import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SeedNode } from './seed-node.ts';
import { ClosedPipe, type Ran, rrmq, type Surroundings } from './shell.ts';

let node: SeedNode;

beforeEach(async () => {
  node = await SeedNode.start();
});

afterEach(() => node.close());

function onNode(args: string[], around: Surroundings = {}): Promise<Ran> {
  return rrmq(args, { url: node.url, ...around });
}

describe('rrmq topic', () => {
  it('creates topics and prints one name a line when piped', async () => {
    const ran = await onNode(['topic', 'create', 'orders', 'a b']);
    expect(ran).toEqual({ code: 0, out: 'orders\na b\n', err: '' });
    expect(await onNode(['topic', 'ls'])).toEqual({ code: 0, out: 'orders\na b\n', err: '' });
  });

  it('refuses a topic that is there, and says what to do', async () => {
    node.topics.set('orders', []);
    const ran = await onNode(['topic', 'create', 'new', 'orders', 'never']);
    expect(ran.code).toBe(1);
    expect(ran.out).toBe('new\n');
    expect(ran.err).toBe(
      'error: scripted topic-exists [topic-exists]\n' +
        'next: nothing to do, or pass --if-not-exists to accept it\n',
    );
    expect([...node.topics.keys()]).toEqual(['orders', 'new']);
  });

  it('accepts it with --if-not-exists', async () => {
    node.topics.set('orders', []);
    const ran = await onNode(['topic', 'create', 'orders', '--if-not-exists', '-o', 'jsonl']);
    expect(ran).toEqual({ code: 0, out: '{"topic":"orders","created":false}\n', err: '' });
  });

  it.each([
    ['json', '[\n  {\n    "topic": "a"\n  },\n  {\n    "topic": "b"\n  }\n]\n'],
    ['jsonl', '{"topic":"a"}\n{"topic":"b"}\n'],
    ['table', 'topic\na\nb\n'],
  ])('lists as %s', async (format, expected) => {
    node.topics.set('a', []).set('b', []);
    expect((await onNode(['topic', 'ls', '-o', format])).out).toBe(expected);
  });

  it('keeps one name a line: control characters are made visible', async () => {
    const name = 'two\nlines\u009b';
    const visible = 'two\\u000alines\\u009b\n';
    expect((await onNode(['topic', 'create', name])).out).toBe(visible);
    expect((await onNode(['topic', 'ls'])).out).toBe(visible);
    for (const format of ['json', 'jsonl']) {
      const { out } = await onNode(['topic', 'ls', '-o', format]);
      expect(out).toContain('"two\\nlines\\u009b"');
      expect(out).not.toContain('\u009b');
      expect([JSON.parse(out)].flat()).toEqual([{ topic: name }]);
    }
  });

  it('says that its output could not be written', async () => {
    const stdout = new ClosedPipe(0, undefined, 'ENOSPC');
    node.topics.set('t', []);
    expect(await onNode(['topic', 'ls'], { stdout })).toMatchObject({
      code: 1,
      err:
        'error: the output could not be written: no space left on device (ENOSPC)\n' +
        'next: choose an output that has room\n',
    });
  });

  it('draws a table on a terminal, without colors under NO_COLOR', async () => {
    node.topics.set('evil\u001b[2J', []);
    const plain = await onNode(['topic', 'ls'], { isTerminal: true, env: { NO_COLOR: '1' } });
    expect(plain.out).toContain('│ topic');
    expect(plain.out).toContain('evil\\u001b[2J');
    expect(plain.out).not.toContain('\u001b');
    expect((await onNode(['topic', 'ls'], { isTerminal: true })).out).toContain('\u001b[1mtopic');
  });
});

describe('rrmq publish', () => {
  beforeEach(() => void node.topics.set('t', []));

  it.each([
    ['its arguments', ['one', 'two'], [], ['one', 'two']],
    ['standard input as it is', [], ['wh', 'ole\n'], ['whole\n']],
    ['standard input for -', ['-'], ['x'], ['x']],
    ['a message that begins with a dash', ['--', '-1'], [], ['-1']],
    ['lines', ['--lines'], ['a\nb', 'b\r\n\nd'], ['a', 'bb', '', 'd']],
    ['lines as they are', ['--lines'], [' a\t\n\rb\r', '\r\nc\r'], [' a\t', '\rb\r', 'c\r']],
    ['characters cut between chunks', ['--lines'], [...Buffer.from('é\n☃')], ['é', '☃']],
    ['nothing for no lines', ['--lines'], [], []],
  ])('publishes %s', async (_what, args, input, expected) => {
    const stdin = input.map((part) => (typeof part === 'number' ? Buffer.of(part) : part));
    const ran = await onNode(['publish', 't', ...args], { stdin });
    expect(ran).toEqual({ code: 0, out: '', err: '' });
    expect(node.topics.get('t')).toEqual(expected);
  });

  it.each([[[]], [['-']]])('refuses empty standard input with %j', async (args) => {
    const ran = await onNode(['publish', 't', ...args]);
    expect(ran).toEqual({
      code: 2,
      out: '',
      err:
        'error: standard input is empty\n' +
        "next: give the message as an argument or by a pipe; '' as an argument is an empty one\n",
    });
    expect(node.topics.get('t')).toEqual([]);
  });

  it('publishes an empty message that is an argument', async () => {
    expect(await onNode(['publish', 't', ''])).toMatchObject({ code: 0, err: '' });
    expect(node.topics.get('t')).toEqual(['']);
  });

  it.each([
    [[], 'reading one message from standard input'],
    [['--lines'], 'reading messages from standard input, one a line'],
  ])('tells who types it with %j what it waits for', async (args, sentence) => {
    const around = { stdin: ['typed'], isStdinTerminal: true };
    const ran = await onNode(['publish', 't', ...args], around);
    expect(ran).toEqual({ code: 0, out: '', err: `${sentence}, to its end (Ctrl-D)\n` });
    expect(node.topics.get('t')).toEqual(['typed']);
  });

  it('tells a person how many', async () => {
    const ran = await onNode(['publish', 't', 'a', 'b'], { isTerminal: true });
    expect(ran.out).toBe('published 2 to t\n');
  });

  it('publishes lines at once with --concurrency', async () => {
    const lines = Array.from({ length: 200 }, (_, i) => `m${i}`);
    const stdin = [lines.join('\n')];
    const ran = await onNode(['publish', 't', '--lines', '--concurrency', '16'], { stdin });
    expect(ran.code).toBe(0);
    expect(node.topics.get('t')?.toSorted()).toEqual(lines.toSorted());
  });

  it('stops at the first failure and says how far it got', async () => {
    let calls = 0;
    node.beforeAnswer = () => {
      if (++calls === 3) node.refusals.push('disk-full');
    };
    const ran = await onNode(['publish', 't', '--lines'], { stdin: ['1\n2\n3\n4\n'] });
    expect(ran.code).toBe(1);
    expect(ran.err).toContain('error: scripted disk-full [disk-full]\nnext: 2 published before');
    expect(node.topics.get('t')).toEqual(['1', '2']);
  });

  it('refuses input that is no UTF-8', async () => {
    const stdin = [Buffer.from([0x61, 0x0a, 0xff, 0x0a])];
    const ran = await onNode(['publish', 't', '--lines'], { stdin });
    expect(ran.code).toBe(1);
    expect(ran.err).toContain('error: line 2 is not valid UTF-8');
  });

  it('ends with 3 for an unknown topic', async () => {
    const ran = await onNode(['publish', 'nowhere', 'x']);
    expect(ran.code).toBe(3);
    expect(ran.err).toContain('rrmq topic create');
  });

  it('ends with 5 when the outcome is unknown', async () => {
    node.refusals.push(...Array.from({ length: 1000 }, () => 'not-committed-in-time' as const));
    const ran = await onNode(['publish', 't', 'x', '--timeout', '300ms']);
    expect(ran.code).toBe(5);
    expect(ran.err).toContain('may have taken effect');
  });

  it('ends with 130 when stopped, and says how far it got', async () => {
    const stop = new AbortController();
    node.beforeAnswer = () => stop.abort();
    const around = { stop: stop.signal, stdin: ['a\nb\nc\n'] };
    const ran = await onNode(['publish', 't', '--lines'], around);
    expect([5, 130]).toContain(ran.code); // the publish under way may be answered before it is aborted
    expect(node.topics.get('t')?.length).toBeLessThanOrEqual(1);
  });
});

describe('rrmq pop', () => {
  beforeEach(() => void node.topics.set('t', ['1', 'two\nlines', '3']));

  it.each([
    ['one', [], '1\n', 0],
    ['at most n', ['-n', '2'], '1\ntwo\nlines\n', 0],
    ['fewer when there are fewer', ['-n', '9'], '1\ntwo\nlines\n3\n', 0],
    ['all', ['--all'], '1\ntwo\nlines\n3\n', 0],
    ['jsonl', ['-n2', '-o', 'jsonl'], '{"message":"1"}\n{"message":"two\\nlines"}\n', 0],
    ['json', ['-n1', '-o', 'json'], '[\n  {"message":"1"}\n]\n', 0],
  ])('prints %s', async (_what, args, out, code) => {
    expect(await onNode(['pop', 't', ...args])).toEqual({ code, out, err: '' });
  });

  it('ends with 3 when there is nothing, with 0 for --all', async () => {
    node.topics.set('t', []);
    const ran = await onNode(['pop', 't']);
    expect(ran).toEqual({ code: 3, out: '', err: expect.stringContaining('nothing to pop') });
    expect((await onNode(['pop', 't', '--all', '-o', 'json'])).out).toBe('[]\n');
    expect((await onNode(['pop', 'nowhere', '--all'])).code).toBe(3);
  });

  it('takes no more when nobody reads the output', async () => {
    const ran = await onNode(['pop', 't', '--all'], { stdout: new ClosedPipe(1) });
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(node.topics.get('t')).toEqual(['3']);
  });

  it('ends with 5 and says that a message is gone when the output cannot take it', async () => {
    const stdout = new ClosedPipe(1, undefined, 'ENOSPC');
    const ran = await onNode(['pop', 't', '--all'], { stdout });
    expect(ran).toMatchObject({ code: 5, err: expect.stringContaining('ENOSPC') });
    expect(ran.err).toContain('the last message taken off t is gone');
    expect(node.topics.get('t')).toEqual(['3']);
  });

  it('ends with 5 when a message may be gone, and prints what it had', async () => {
    node.beforeAnswer = () => {
      if (node.topics.get('t')?.length === 2) node.refusals.push('not-committed-in-time');
    };
    const ran = await onNode(['pop', 't', '--all']);
    expect(ran).toMatchObject({ code: 5, out: '1\n' });
  });

  it('shows a terminal no control characters', async () => {
    node.topics.set('t', ['a\u001b]0;x\u0007b\tc']);
    const ran = await onNode(['pop', 't'], { isTerminal: true });
    expect(ran.out).toBe('a\\u001b]0;x\\u0007b\tc\n');
  });
});

describe('rrmq status', () => {
  it('shows a row for each node', async () => {
    const ran = await rrmq(['status', '--url', `${node.url},http://127.0.0.1:1`]);
    const rows = ran.out.split('\n').map((line) => line.split('\t'));
    expect(rows[0]).toEqual(['7', node.url, 'Leader', '3', 'reachable', expect.any(String)]);
    expect(rows[1]).toEqual(['-', 'http://127.0.0.1:1', '-', '-', 'unreachable', '-']);
    expect(ran.code).toBe(0);
  });

  it('as json holds what programs need', async () => {
    const ran = await onNode(['status', '-o', 'json']);
    expect(JSON.parse(ran.out)).toEqual([
      {
        node: 7,
        url: node.url,
        reachable: true,
        role: 'Leader',
        term: 3,
        latencyMs: expect.any(Number),
        error: null,
      },
    ]);
  });

  it('finds the leader through a follower, and shows it', async () => {
    const leader = await SeedNode.start();
    try {
      node.role = 'Follower';
      const member = { ...leader.clusterView().members[0], isLeader: true };
      node.view = { node: 2, leader: 7, members: [member as never] };
      const ran = await onNode(['status']);
      expect(ran).toMatchObject({ code: 0, err: '' });
      const rows = ran.out
        .trim()
        .split('\n')
        .map((line) => line.split('\t').slice(0, 3));
      expect(rows).toEqual([
        ['2', node.url, 'Follower'],
        ['7', leader.url, 'Leader'],
      ]);
    } finally {
      await leader.close();
    }
    const alone = await onNode(['status']);
    expect(alone).toMatchObject({ code: 4 });
    expect(alone.err).toContain('the leader, node 7 at http://127.0.0.1');
  });

  it('ends with 4 when no node leads or none answers', async () => {
    node.role = 'Follower';
    expect(await onNode(['status'])).toMatchObject({
      code: 4,
      err: expect.stringContaining('leads'),
    });
    const ran = await rrmq(['status'], { url: 'http://127.0.0.1:1' });
    expect(ran).toMatchObject({ code: 4, err: expect.stringContaining('no node can be reached') });
  });

  it('is shown again and again with --watch, until stopped', async () => {
    const stop = new AbortController();
    let shown = 0;
    const stdout = new ClosedPipe(3, () => {
      if (++shown === 3) stop.abort();
    });
    const around = { stop: stop.signal, stdout };
    const ran = await onNode(['status', '--watch', '--interval', '1ms', '-o', 'jsonl'], around);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(shown).toBe(3);
  });
});

describe('a cluster that does not answer', () => {
  it('ends with 4 and a next step', async () => {
    const around = { url: 'http://127.0.0.1:1' };
    const ran = await rrmq(['topic', 'create', 'x', '--timeout', '200ms'], around);
    expect(ran.code).toBe(4);
    expect(ran.err).toContain('[unreachable]\nnext: start a cluster with `rrmq dev`');
    expect(ran.err).toContain(
      'no node can be reached (1 tried): cannot reach http://127.0.0.1:1: ',
    );
  });
});
