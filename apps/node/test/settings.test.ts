import { describe, expect, it } from '@jest/globals';
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

describe('settings', () => {
  it('are complete without any source', () => {
    expect(resolve({})).toEqual({
      dataDir: undefined,
      logLevel: 'info',
      logFormat: 'json',
      heartbeatMs: 50,
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

  it('keys that mean nothing are found', () => {
    expect(unknownKeys({ dataDir: 'd', heartBeatMs: 1 })).toEqual(['heartBeatMs']);
  });
});
