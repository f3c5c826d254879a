import { assert } from './assert.ts';
import type { Configuration } from './configuration.ts';
import { type NodeId, nodeId } from './numbers.ts';

const VERSION = 2;

/** Encodings of late: a node names the same configuration in each mark that it writes. */
const encodings = new WeakMap<Configuration, Buffer>();

/** As `encode`; the bytes are shared and not to be changed. */
export function encodeConfiguration(configuration: Configuration): Buffer {
  const known = encodings.get(configuration);
  if (known !== undefined) return known;
  const bytes = encode(configuration);
  encodings.set(configuration, bytes);
  return bytes;
}

/**
 * A version byte, then JSON with the members in rising order of id: equal configurations have equal bytes. Version 1,
 * which is read for ever, knew neither `promoting` nor `nextId` nor instance ids.
 */
function encode(configuration: Configuration): Buffer {
  const members = configuration.members
    .toSorted((a, b) => a.id - b.id)
    .map(({ id, address: { ip, port, internalPort }, instanceId }) => {
      return { id, ip, port, internalPort, instanceId };
    });
  const { voters, outgoing, learners, nextId } = configuration;
  const promoting = configuration.promoting.map(({ id, replaces }) => ({ id, replaces }));
  const json = JSON.stringify({ members, voters, outgoing, learners, promoting, nextId });
  return Buffer.concat([Buffer.of(VERSION), Buffer.from(json)]);
}

/** Reads what `encodeConfiguration` wrote. The bytes come from a log whose checksums were verified. */
export function decodeConfiguration(payload: Buffer): Configuration {
  const known = payload[0] === 1 || payload[0] === VERSION;
  assert(known, 'a configuration entry has version 1 or 2');
  const stored = JSON.parse(payload.toString('utf8', 1)) as StoredConfiguration;
  const highest = Math.max(0, ...stored.members.map(({ id }) => id));
  return {
    members: stored.members.map(({ id, ip, port, internalPort, instanceId }) => ({
      id: nodeId(id),
      address: { ip, port, internalPort },
      instanceId,
    })),
    voters: idsOf(stored.voters),
    outgoing: idsOf(stored.outgoing),
    learners: idsOf(stored.learners),
    promoting: (stored.promoting ?? []).map(({ id, replaces }) => ({
      id: nodeId(id),
      replaces: replaces === undefined ? undefined : nodeId(replaces),
    })),
    nextId: nodeId(stored.nextId ?? highest + 1),
  };
}

interface StoredConfiguration {
  members: { id: number; ip: string; port: number; internalPort: number; instanceId?: string }[];
  voters: number[];
  outgoing: number[];
  learners: number[];
  promoting?: { id: number; replaces?: number }[];
  nextId?: number;
}

const idsOf = (ids: readonly number[]): NodeId[] => ids.map((id) => nodeId(id));
