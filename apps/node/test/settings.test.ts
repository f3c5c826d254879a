import { describe, expect, it } from '@jest/globals';
import { NodeFailure } from '../src/node-failure.ts';
import { type SettingSources, resolveSettings, unknownKeys } from '../src/settings.ts';

const resolve = (sources: Partial<SettingSources>) =>
  resolveSettings({
    flags: {},
    environment: {},
    file: {},
    filePath: 'c.json',
    isTerminal: false,
    ...sources,
  });

function failureOf(sources: Partial<SettingSources>): NodeFailure {
  try {
    resolve(sources);
  } catch (error) {
    if (error instanceof NodeFailure) return error;
  }
  throw new Error('these settings were taken');
}

describe('settings', () => {
  it('are complete without any source', () => {
    expect(resolve({})).toEqual({
      dataDir: undefined,
      logLevel: 'info',
      logFormat: 'json',
      heartbeatMs: 50,
      keepLogBytes: 67_108_864,
      reserveBytes: 67_108_864,
      electionTimeoutMs: 300,
    });
  });

  it('a person at a terminal reads a log for people', () => {
    expect(resolve({ isTerminal: true }).logFormat).toBe('pretty');
  });

  it('a flag comes before the environment, that before the file', () => {
    const file = { dataDir: 'file', heartbeatMs: 20, logLevel: 'warn' };
    const environment = { RRMQ_DATA_DIR: 'environment', RRMQ_HEARTBEAT_MS: '30' };
    const flags = { dataDir: 'flag' };
    expect(resolve({ file, environment, flags })).toMatchObject({
      dataDir: 'flag',
      heartbeatMs: 30,
      logLevel: 'warn',
    });
  });

  it('an empty variable is none', () => {
    expect(resolve({ environment: { RRMQ_LOG_LEVEL: '' } }).logLevel).toBe('info');
  });

  it.each<[string, Partial<SettingSources>, string]>([
    ['flag', { flags: { heartbeatMs: '5x' } }, '--heartbeat-ms is "5x"'],
    ['variable', { environment: { RRMQ_LOG_FORMAT: 'xml' } }, 'RRMQ_LOG_FORMAT is "xml"'],
    ['key', { file: { electionTimeoutMs: null } }, 'electionTimeoutMs in c.json is null'],
    ['number', { file: { heartbeatMs: 1 } }, 'heartbeatMs in c.json is 1'],
    ['pair', { flags: { heartbeatMs: '200' } }, 'must be at least twice the heartbeat (200 ms)'],
  ])('a wrong %s is named', (_, sources, words) => {
    expect(() => resolve(sources)).toThrow(words);
  });

  const secret = 'a secret of sixteen and more';

  it('a secret comes from the environment or from a file of its own', () => {
    const environment = { RRMQ_CLUSTER_SECRET: secret };
    const flags = { adminTokenFile: '/run/token' };
    expect(resolve({ environment, flags })).toMatchObject({
      clusterSecret: { kind: 'text', text: secret, from: 'RRMQ_CLUSTER_SECRET' },
      adminToken: { kind: 'file', path: '/run/token', from: '--admin-token-file' },
    });
    const file = { clusterSecretFile: '/etc/secret' };
    expect(resolve({ file }).clusterSecret).toEqual({
      kind: 'file',
      path: '/etc/secret',
      from: 'clusterSecretFile in c.json',
    });
  });

  it.each<[string, Partial<SettingSources>, string]>([
    ['on the command line', { flags: { clusterSecret: secret } }, '--cluster-secret is no place'],
    ['in the config file', { file: { adminToken: secret } }, 'adminToken in c.json is no place'],
    [
      'twice',
      {
        environment: { RRMQ_CLUSTER_SECRET: secret },
        file: { clusterSecretFile: '/s' },
      },
      'RRMQ_CLUSTER_SECRET and clusterSecretFile in c.json are both given',
    ],
  ])('a secret %s is refused in words that do not hold it', (_, sources, words) => {
    const failure = failureOf(sources);
    expect(failure.message).toContain(words);
    expect(`${failure.message} ${failure.advice}`).not.toContain(secret);
  });

  it('TLS is set by three files', () => {
    const environment = { RRMQ_TLS_KEY: 'k', RRMQ_TLS_CA: 'a' };
    expect(resolve({ environment, flags: { tlsCert: 'c' } }).tls).toEqual({
      key: { path: 'k', from: 'RRMQ_TLS_KEY' },
      cert: { path: 'c', from: '--tls-cert' },
      ca: { path: 'a', from: 'RRMQ_TLS_CA' },
    });
  });

  it('TLS that is half set is refused', () => {
    const { message } = failureOf({ flags: { tlsKey: 'k' }, file: { tlsCert: 'c' } });
    expect(message).toBe('TLS is half set: --tls-key and tlsCert in c.json without --tls-ca.');
  });

  it('keys that mean nothing are found', () => {
    expect(unknownKeys({ dataDir: 'd', heartBeatMs: 1 })).toEqual(['heartBeatMs']);
  });
});
