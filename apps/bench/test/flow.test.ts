import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { drainInOrder } from '../src/backup/ordered-drain.ts';
import { Flow, makeMessage, numberIn } from '../src/flow/flow.ts';
import { isFlowClean } from '../src/flow/flow-job.ts';
import { LeaderPort } from '../src/flow/flow-lane.ts';

/** A queue of one node that answers as RRMQ does. */
class TestQueue {
  readonly topics = new Map<string, string[]>();
  readonly server: Server;
  /** The port of the leader, when this node does not lead. */
  leaderPort: number | undefined;
  /** Pops a message twice, once. */
  doublesOne = false;

  constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const [status, reply] = this.#answer(request.url ?? '', Buffer.concat(chunks).toString());
        const body = JSON.stringify(reply);
        if (this.leaderPort !== undefined) {
          response.setHeader('RRMQ-Leader', `http://127.0.0.1:${this.leaderPort}`);
        }
        response.writeHead(status, { 'Content-Length': body.length });
        response.end(body);
      });
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return (this.server.address() as AddressInfo).port;
  }

  #answer(url: string, body: string): [number, object] {
    if (this.leaderPort !== undefined) return [400, { success: false }];
    if (url === '/message') {
      const { topic, message } = JSON.parse(body) as { topic: string; message: string };
      this.#messagesOf(topic).push(message);
      return [200, { success: true }];
    }
    const messages = this.#messagesOf(url.replace('/message/', ''));
    const message = this.doublesOne ? messages[0] : messages.shift();
    this.doublesOne &&= message === undefined;
    return message === undefined ? [404, { success: false }] : [200, { success: true, message }];
  }

  #messagesOf(topic: string): string[] {
    const messages = this.topics.get(topic) ?? [];
    this.topics.set(topic, messages);
    return messages;
  }
}

const queues: TestQueue[] = [];

function makeQueue(): TestQueue {
  const queue = new TestQueue();
  queues.push(queue);
  return queue;
}

afterEach(() => {
  for (const { server } of queues.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

const job = { topics: ['a', 'b'], publishers: 4, poppers: 4, messageBytes: 20 };

/** Runs a flow until so many messages are acked, then to its end. */
async function runFlow(ports: readonly number[], acked: number) {
  const flow = new Flow({ ...job, ports, backlog: { min: 10, max: 50 } });
  let backlogMax = 0;
  while (flow.counts.acked < acked) {
    await new Promise((resolve) => setImmediate(resolve));
    backlogMax = Math.max(backlogMax, flow.counts.backlog);
  }
  const refusedBefore = flow.counts.refused;
  return { account: await flow.finish(), backlogMax, refusedBefore };
}

describe('a flow', () => {
  it('keeps the backlog within its limits and accounts for every message', async () => {
    const { account, backlogMax } = await runFlow([await makeQueue().listen()], 500);
    expect(account.acked).toBeGreaterThanOrEqual(500);
    expect(account).toMatchObject({ popped: account.acked, lost: 0, doubled: 0, invented: 0 });
    expect(backlogMax).toBeLessThanOrEqual(50);
  });

  it('goes to the leader that a node names', async () => {
    const [follower, leader] = [makeQueue(), makeQueue()];
    follower.leaderPort = await leader.listen();
    const { account, refusedBefore } = await runFlow([await follower.listen()], 20);
    expect(isFlowClean(account)).toBe(true);
    expect(refusedBefore).toBe(job.publishers);
  });

  it('sees a message that comes twice', async () => {
    const queue = makeQueue();
    queue.doublesOne = true;
    const { account } = await runFlow([await queue.listen()], 50);
    expect(account.doubled).toBe(1);
    expect(isFlowClean(account)).toBe(false);
  });

  it('a message tells its number and has the wished size', () => {
    expect(makeMessage(17, 20)).toBe('17:mmmmmmmmmmmmmmmmm');
    expect(numberIn(JSON.stringify({ success: true, message: makeMessage(17, 20) }))).toBe(17);
    expect(numberIn('{"success":true,"message":"else"}')).toBeNaN();
  });

  it('when nobody names a leader each node is asked in turn', () => {
    const leader = new LeaderPort([1, 2, 3]);
    leader.heed(1, undefined);
    expect(leader.port).toBe(2);
    leader.heed(1, undefined);
    expect(leader.port).toBe(2);
    leader.heed(2, 9);
    expect(leader.port).toBe(9);
    leader.heed(9, undefined);
    expect(leader.port).toBe(1);
  });
});

it('topics are drained in the order of their messages', async () => {
  const queue = makeQueue();
  queue.topics.set(
    'a',
    [3, 1, 2].map((number) => makeMessage(number, 10)),
  );
  queue.topics.set('b', []);
  expect(await drainInOrder([await queue.listen()], ['a', 'b'])).toEqual([[3, 1, 2], []]);
});
