import { describe, expect, it } from '@jest/globals';
import { parseJoinFlags } from '../src/join/join-flags.ts';

describe('flags of nodes that join', () => {
  it.each([
    [{ port: '7399' }, '--port is for nodes that join'],
    [{ ip: '127.0.0.1' }, '--ip is for nodes that join'],
    [{ internalPort: '7399' }, '--internal-port is for nodes that join'],
    [{ as: 'learner', replaces: '3' }, '--as, --replaces are for nodes that join'],
    [{ join: 'http://a' }, 'with a config file, or with --join, not with both'],
  ])('%j are refused with a config file', (flags, words) => {
    expect(() => parseJoinFlags({ config: 'c.json', index: '0', flags })).toThrow(words);
  });

  it('are told as they were typed', () => {
    const flags = { join: 'http://a', internalPort: '7399', dataDir: 'd' };
    expect(parseJoinFlags({ config: undefined, index: undefined, flags })).toMatchObject({
      typed: ['--join', '--internal-port'],
      as: 'voter',
    });
  });
});
