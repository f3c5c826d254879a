import { once } from 'node:events';
import { request as requestTls } from 'node:https';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { NodeNetwork, type PeerTls } from '../../src/driver/node-network.ts';
import { nodeId } from '../../src/core/numbers.ts';
import { Authority } from './certificates.ts';
import { Host, connectedAs, endAll, endsWith, until } from './network-host.ts';
import { append, batch, heartbeat } from './rpcs.ts';
import type { TransportNode } from './transport-node.ts';

afterEach(endAll);

let authority: Authority;
let tls: PeerTls;

beforeAll(async () => {
  authority = await Authority.make();
  tls = await authority.tlsFor('127.0.0.1');
});

/** A node that dials what listens at a host. */
async function dialler(to: Host, own: PeerTls | undefined = tls): Promise<TransportNode> {
  const host = await new Host(own).start();
  const node = host.transport({ id: 1 });
  node.meet(new Map([[2, to.address]]));
  return node;
}

async function distrustOf(node: TransportNode): Promise<string> {
  const isTold = (): boolean => node.events.some(({ kind }) => kind === 'no-trusted-tls');
  await until(node, isTold);
  expect(node.log).toEqual([]);
  return JSON.stringify(node.events);
}

describe('transport over TLS', () => {
  it('carries rpcs of all sizes both ways', async () => {
    const [a, b] = [await new Host(tls).start(), await new Host(tls).start()];
    const [one, two] = [a.transport({ id: 1 }), b.transport({ id: 2 })];
    const addresses = new Map([
      [1, a.address],
      [2, b.address],
    ]);
    for (const node of [one, two]) node.meet(addresses);
    await connectedAs('connected 2 boot 1')(one);
    await connectedAs('connected 1 boot 1')(two);
    const large = batch(1, ['x'.repeat(3_000_000)]);
    one.say(heartbeat(1, 2), append(nodeId(1), nodeId(2), [large]));
    two.say(heartbeat(2, 1));
    await until(two, () => two.inbox.length === 2);
    await until(one, () => one.inbox.length === 1);
    expect(one.transport.stats.get(nodeId(2))?.queuedBytes).toBe(0);
  });

  it('keeps out who shows a certificate of another authority', async () => {
    const stranger = await (await Authority.make()).tlsFor('127.0.0.1');
    const host = await new Host(stranger).start();
    host.transport({ id: 2 });
    expect(await distrustOf(await dialler(host))).toContain('its certificate is refused');
  });

  it('keeps out who shows a certificate of another address', async () => {
    const host = await new Host(await authority.tlsFor('10.0.0.9')).start();
    host.transport({ id: 2 });
    expect(await distrustOf(await dialler(host))).toContain('127.0.0.1 is not in the cert');
  });

  it('keeps out who shows a certificate that has expired', async () => {
    const host = await new Host(await authority.tlsFor('127.0.0.1', new Date(1e12))).start();
    host.transport({ id: 2 });
    expect(await distrustOf(await dialler(host))).toContain('expired');
  });

  it('talks to no peer that has none', async () => {
    const host = await new Host().start();
    host.transport({ id: 2 });
    expect(await distrustOf(await dialler(host))).toContain('it speaks no TLS');
  });

  it('is not reached by a peer that has none', async () => {
    const host = await new Host(tls).start();
    const node = host.transport({ id: 2 });
    const plain = await new Host().start();
    const closed = new Promise((resolve) => {
      plain.network.connect(host.address, {
        opened: () => undefined,
        received: () => undefined,
        closed: resolve,
      });
    });
    expect(['reset', 'rejected']).toContain(await closed);
    expect(node.events).toEqual([]);
  });

  it('takes no upgrade in the clear, should its server ever offer one', async () => {
    const host = await new Host().start();
    const network = new NodeNetwork(tls);
    endsWith(() => network.close());
    host.server.removeAllListeners('upgrade');
    network.attach(host.server);
    network.listen(() => undefined);
    const closed = new Promise((resolve) => {
      new NodeNetwork().connect(host.address, {
        opened: () => undefined,
        received: () => undefined,
        closed: resolve,
      });
    });
    expect(await closed).toBe('rejected');
  });

  it('says at the start that its files cannot be used', async () => {
    const { key } = await authority.tlsFor('127.0.0.1');
    expect(() => new NodeNetwork({ ...tls, key: 'no key' })).toThrow(/PEM|DECODER/);
    expect(() => new NodeNetwork({ ...tls, key })).toThrow('key values mismatch');
  });
});

describe('an HTTPS port with peers', () => {
  it('goes on serving HTTPS', async () => {
    const host = await new Host(tls).start();
    host.network.listen(() => undefined);
    const { ip, port } = host.address;
    const call = requestTls({ host: ip, port, ca: authority.cert, agent: false }).end();
    expect(await once(call, 'response')).toMatchObject([{ statusCode: 200 }]);
  });
});
