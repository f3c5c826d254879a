import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { decodeConfiguration, encodeConfiguration } from '../core/configuration-codec.ts';
import type { Member, NodeAddress } from '../core/configuration.ts';
import { type NodeId, nodeId } from '../core/numbers.ts';
import type { Random } from '../ports.ts';
import type { NewDirectory } from '../storage/boot.ts';
import type { FoundLog } from '../storage/log.ts';
import type { JoiningNode, NewNode } from './node-options.ts';

/** Raised by a forced new cluster. */
const FIRST_CLUSTER_EPOCH = 1;

/** 32 hex digits, a pure function of the address list: nodes started from the same config file are one cluster. */
export function clusterIdOf(members: readonly Member[]): string {
  const addresses = members
    .toSorted((a, b) => a.id - b.id)
    .map(({ id, address: { ip, port, internalPort } }) => [id, ip, port, internalPort]);
  return createHash('sha256').update(JSON.stringify(addresses)).digest('hex').slice(0, 32);
}

/** The payload of entry 1: all members of the config file are voters. */
function firstConfiguration(members: readonly Member[]): Buffer {
  const voters = members.map(({ id }) => id).toSorted((a, b) => a - b);
  const nextId = nodeId((voters.at(-1) ?? 0) + 1);
  return encodeConfiguration({
    members,
    voters,
    outgoing: [],
    learners: [],
    promoting: [],
    nextId,
  });
}

/** 32 random hex digits. */
export function newInstanceId(random: Random): string {
  const digits = Array.from({ length: 32 }, () => Math.floor(random.next() * 16).toString(16));
  return digits.join('');
}

/** What an empty data directory becomes; the instance id of a founding node is drawn anew each time. */
export function newDirectory(start: NewNode | JoiningNode, random: Random): NewDirectory {
  if ('configuration' in start) {
    const { nodeId: id, clusterId, clusterEpoch, instanceId, configuration } = start;
    return {
      identity: { clusterId, clusterEpoch, instanceId, nodeId: id },
      joining: encodeConfiguration(configuration),
    };
  }
  const { nodeId: id, clusterId, members } = start;
  return {
    identity: {
      clusterId,
      clusterEpoch: FIRST_CLUSTER_EPOCH,
      instanceId: newInstanceId(random),
      nodeId: id,
    },
    firstConfiguration: firstConfiguration(members),
  };
}

/** Whether the log that was found is that of the node to be started. */
export function belongsTo(found: FoundLog, start: NewNode | JoiningNode): boolean {
  const { identity, configurations } = found;
  if (identity.nodeId !== start.nodeId) return false;
  if (identity.clusterId === start.clusterId) return true;
  if ('configuration' in start) return false;
  const { members, storedWins } = start;
  const newest = configurations.at(-1);
  if (!storedWins || newest === undefined) return false;
  const stored = decodeConfiguration(newest.payload).members;
  return isDeepStrictEqual(addressOf(start.nodeId, stored), addressOf(start.nodeId, members));
}

const addressOf = (id: NodeId, members: readonly Member[]): NodeAddress | undefined =>
  members.find((member) => member.id === id)?.address;
