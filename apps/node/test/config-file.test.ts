import { describe, expect, it } from '@jest/globals';
import { parseConfig, parseIndex, readConfigFile } from '../src/config-file.ts';
import { ExitCode } from '../src/exit-code.ts';
import { NodeFailure } from '../src/node-failure.ts';

const parse = (value: unknown) => parseConfig(JSON.stringify(value), 'c.json');

/** What a wrong file is refused with. */
function refusalOf(text: string): NodeFailure {
  try {
    parseConfig(text, 'c.json');
  } catch (error) {
    if (error instanceof NodeFailure) return error;
  }
  throw new Error(`not refused: ${text}`);
}

describe('config file', () => {
  it('holds addresses, and settings beside them', () => {
    const addresses = [{ ip: 'http://10.0.0.1', port: 7001, internal_port: 7101 }];
    expect(parse({ addresses, dataDir: '/d', later: 1 })).toEqual({
      addresses: [{ ip: '10.0.0.1', port: 7001, internalPort: 7101 }],
      settings: { dataDir: '/d', later: 1 },
      unknown: [],
    });
  });

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['http://127.0.0.1', '127.0.0.1'],
    ['HTTP://node-1.example/', 'node-1.example'],
    ['http://[::1]', '::1'],
    ['localhost', 'localhost'],
  ])('takes the host out of %s', (ip, host) => {
    expect(parse({ addresses: [{ ip, port: 1 }] }).addresses[0]?.ip).toBe(host);
  });

  it('takes the port of clients for peers when there is no internal one', () => {
    const { addresses } = parse({ addresses: [{ ip: 'a', port: 7 }] });
    expect(addresses).toEqual([{ ip: 'a', port: 7, internalPort: 7 }]);
  });

  it.each([
    ['no JSON', '{"addresses": [{"ip": x}]}', 'line 1, column 23'],
    ['a missing comma', '{\n "addresses": [\n  {"ip": "a" "port": 1}]}', 'line 3, column 14'],
    ['a cut end', '{"addresses": [', 'line 1, column 16'],
    ['nothing', '', 'line 1, column 1'],
    ['a list', '[]', 'expected object'],
    ['no addresses', '{}', 'addresses: '],
    ['an empty list', '{"addresses":[]}', 'addresses: '],
    ['no port', '{"addresses":[{"ip":"a"}]}', 'addresses[0].port: '],
    ['a port as text', '{"addresses":[{"ip":"a","port":"1"}]}', 'addresses[0].port: '],
    ['port 0', '{"addresses":[{"ip":"a","port":0}]}', 'addresses[0].port: '],
    ['a null', '{"addresses":[{"ip":"a","port":1,"internal_port":null}]}', '[0].internal_port: '],
    ['another scheme', '{"addresses":[{"ip":"https://a","port":1}]}', 'addresses[0].ip: '],
    ['the same port twice', two({ port: 1 }, { port: 1 }), 'are both a:1'],
    ['a port for clients and peers', two({ port: 1, internal_port: 2 }, { port: 2 }), 'both a:2'],
  ])('is refused with %s', (_, text, words) => {
    const { message, exitCode, advice } = refusalOf(text);
    expect(message).toContain('c.json');
    expect(message).toContain(words);
    expect({ exitCode, advises: advice !== '' }).toEqual({
      exitCode: ExitCode.usage,
      advises: true,
    });
  });

  it('names keys of addresses that mean nothing, and what is meant', () => {
    const addresses = [
      { ip: 'a', port: 1, internalPort: 2, role: 'voter' },
      { ip: 'b', port: 1, internalPort: 2 },
    ];
    expect(parse({ addresses })).toMatchObject({
      addresses: [{ internalPort: 1 }, { internalPort: 1 }],
      unknown: ['addresses[].internalPort (internal_port is meant?)', 'addresses[].role'],
    });
  });

  it('that is missing is named', () => {
    expect(() => readConfigFile('no/such.json')).toThrow('There is no config file no/such.json.');
  });
});

describe('index', () => {
  it.each([
    ['0', 0],
    ['2', 2],
  ])('%s is a place in the list', (text, index) => {
    expect(parseIndex(text, 3)).toBe(index);
  });

  it.each(['3', '-1', '1.5', 'x', '', '0x1', '99999999999'])('%j is refused', (text) => {
    expect(() => parseIndex(text, 3)).toThrow('so it can be 0 to 2');
  });
});

function two(first: object, second: object): string {
  return JSON.stringify({ addresses: [first, second].map((each) => ({ ip: 'a', ...each })) });
}
