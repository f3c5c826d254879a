import { assert } from './assert.ts';
import type { Configuration, Member } from './configuration.ts';
import { nodeId } from './numbers.ts';

const VERSION = 1;

/** A version byte, then JSON with the members in rising order of id: equal configurations have equal bytes. */
export function encodeConfiguration(configuration: Configuration): Buffer {
  const members = configuration.members
    .toSorted((a, b) => a.id - b.id)
    .map(({ id, address: { ip, port, internalPort } }) => ({ id, ip, port, internalPort }));
  const { voters, outgoing, learners } = configuration;
  const json = JSON.stringify({ members, voters, outgoing, learners });
  return Buffer.concat([Buffer.of(VERSION), Buffer.from(json)]);
}

/** Reads what `encodeConfiguration` wrote. The bytes come from a log whose checksums were verified. */
export function decodeConfiguration(payload: Buffer): Configuration {
  assert(payload[0] === VERSION, 'a configuration entry has version 1');
  const stored = JSON.parse(payload.toString('utf8', 1)) as StoredConfiguration;
  const members = stored.members.map(({ id, ip, port, internalPort }): Member => ({
    id: nodeId(id),
    address: { ip, port, internalPort },
  }));
  return {
    members,
    voters: stored.voters.map((id) => nodeId(id)),
    outgoing: stored.outgoing.map((id) => nodeId(id)),
    learners: stored.learners.map((id) => nodeId(id)),
  };
}

interface StoredConfiguration {
  members: { id: number; ip: string; port: number; internalPort: number }[];
  voters: number[];
  outgoing: number[];
  learners: number[];
}
