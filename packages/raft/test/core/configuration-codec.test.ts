import { describe, expect, it } from '@jest/globals';
import type { Configuration } from '../../src/core/configuration.ts';
import { decodeConfiguration, encodeConfiguration } from '../../src/core/configuration-codec.ts';
import { nodeId } from '../../src/core/numbers.ts';

const address = (id: number) => ({ ip: '10.0.0.1', port: 7000 + id, internalPort: 8000 + id });

const CONFIGURATION: Configuration = {
  members: [
    { id: nodeId(1), address: address(1), instanceId: undefined },
    { id: nodeId(4), address: address(4), instanceId: 'abc' },
    { id: nodeId(5), address: address(5), instanceId: 'def' },
  ],
  voters: [nodeId(1)],
  outgoing: [nodeId(1), nodeId(2)],
  learners: [nodeId(4), nodeId(5)],
  promoting: [
    { id: nodeId(4), replaces: nodeId(1) },
    { id: nodeId(5), replaces: undefined },
  ],
  nextId: nodeId(9),
};

describe('configurations as bytes', () => {
  it('come back as they were', () => {
    expect(decodeConfiguration(encodeConfiguration(CONFIGURATION))).toEqual(CONFIGURATION);
  });

  it('are equal when the configurations are, in whatever order members were listed', () => {
    const shuffled = { ...CONFIGURATION, members: CONFIGURATION.members.toReversed() };
    expect(encodeConfiguration(shuffled)).toEqual(encodeConfiguration(CONFIGURATION));
  });

  it('version 1 is still read: nobody to be promoted, ids go on after the highest', () => {
    const stored = {
      members: [
        { id: 1, ip: 'a', port: 1, internalPort: 2 },
        { id: 3, ip: 'b', port: 1, internalPort: 2 },
      ],
      voters: [1, 3],
      outgoing: [],
      learners: [],
    };
    const bytes = Buffer.concat([Buffer.of(1), Buffer.from(JSON.stringify(stored))]);
    expect(decodeConfiguration(bytes)).toMatchObject({ voters: [1, 3], promoting: [], nextId: 4 });
  });

  it('another version is no configuration', () => {
    expect(() => decodeConfiguration(Buffer.of(3, 123, 125))).toThrow('version 1 or 2');
  });
});
