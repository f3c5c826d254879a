import { once } from 'node:events';
import { type ServerResponse, get as getPlain } from 'node:http';
import { get, request } from 'node:https';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { generate } from 'selfsigned';
import { defaultHttpLimits } from '../src/http-limits.ts';
import { HttpPort, type PortTls } from '../src/http-port.ts';

let tls: PortTls;
let port: HttpPort;

beforeAll(async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'node' }], {
    algorithm: 'sha256',
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  });
  tls = { key, cert };
});

afterEach(() => port.stop());

function newPort(limits = {}): HttpPort {
  const listener = (_: unknown, response: ServerResponse) => response.end('hello');
  return new HttpPort(listener, { ...defaultHttpLimits, ...limits }, tls);
}

async function start(limits = {}): Promise<number> {
  port = newPort(limits);
  return (await port.listen(0, '127.0.0.1')).port;
}

describe('a port with TLS', () => {
  it('takes a port over from who held it, which is never free in between', async () => {
    const dropped = (): never => {
      throw new Error('the holder got a connection');
    };
    const holder = createServer(dropped).listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port: held } = holder.address() as AddressInfo;
    port = newPort();
    const listening = port.listen(held, '127.0.0.1', holder);
    const rival = createServer().listen(held, '127.0.0.1');
    expect(await once(rival, 'error')).toMatchObject([{ code: 'EADDRINUSE' }]);
    await listening;
    const place = { host: '127.0.0.1', port: held, agent: false };
    const answer = once(get({ ...place, ca: tls.cert }), 'response');
    expect(await answer).toMatchObject([{ statusCode: 200 }]);
  });

  it('serves HTTPS, to those who trust its certificate', async () => {
    const place = { host: '127.0.0.1', port: await start(), agent: false };
    const answer = once(get({ ...place, ca: tls.cert }), 'response');
    expect(await answer).toMatchObject([{ statusCode: 200 }]);
    await expect(once(get(place), 'response')).rejects.toThrow('self-signed certificate');
  });

  it('serves nothing in the clear', async () => {
    const call = getPlain({ host: '127.0.0.1', port: await start(), agent: false });
    await expect(once(call, 'response')).rejects.toMatchObject({ code: expect.any(String) });
  });

  it('hands upgrades over', async () => {
    const place = { host: '127.0.0.1', port: await start(), agent: false, ca: tls.cert };
    port.server.on('upgrade', (_, socket) => {
      socket.end('HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
    });
    const call = request({ ...place, headers: { Connection: 'Upgrade', Upgrade: 'x' } }).end();
    await once(call, 'upgrade');
  });

  it('has the same limits as one without', async () => {
    const place = { host: '127.0.0.1', port: await start({ headBytesMax: 1_000 }), agent: false };
    const call = get({ ...place, ca: tls.cert, headers: { long: 'x'.repeat(2_000) } });
    expect(await once(call, 'response')).toMatchObject([{ statusCode: 431 }]);
  });

  it('closes connections over which no TLS comes', async () => {
    const silent = connect({ host: '127.0.0.1', port: await start({ headTimeoutMs: 50 }) });
    silent.on('error', () => undefined);
    await new Promise((resolve) => {
      silent.on('close', resolve);
    });
    expect(silent.destroyed).toBe(true);
  });

  it('says at the start that its files do not belong together', () => {
    const files = { ...tls, key: 'x' };
    expect(() => new HttpPort(() => undefined, defaultHttpLimits, files)).toThrow(/PEM|DECODER/);
  });
});
