import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { decodeConfiguration, encodeConfiguration } from '../core/configuration-codec.ts';
import type { Member, NodeAddress } from '../core/configuration.ts';
import type { NodeId } from '../core/numbers.ts';
import type { Random } from '../ports.ts';
import type { NewDirectory } from '../storage/boot.ts';
import type { FoundLog } from '../storage/log.ts';
import type { NewNode } from './node-options.ts';

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
  return encodeConfiguration({ members, voters, outgoing: [], learners: [] });
}

/** What an empty data directory becomes; its instance id is drawn anew each time. */
export function newDirectory(
  { nodeId, clusterId, members }: NewNode,
  random: Random,
): NewDirectory {
  const digits = Array.from({ length: 32 }, () => Math.floor(random.next() * 16).toString(16));
  return {
    identity: {
      clusterId,
      clusterEpoch: FIRST_CLUSTER_EPOCH,
      instanceId: digits.join(''),
      nodeId,
    },
    firstConfiguration: firstConfiguration(members),
  };
}

/** Whether the log that was found is that of the node to be started. */
export function belongsTo({ identity, configurations }: FoundLog, start: NewNode): boolean {
  const { clusterId, nodeId, members, storedWins } = start;
  if (identity.nodeId !== nodeId) return false;
  if (identity.clusterId === clusterId) return true;
  const newest = configurations.at(-1);
  if (!storedWins || newest === undefined) return false;
  const stored = decodeConfiguration(newest.payload).members;
  return isDeepStrictEqual(addressOf(nodeId, stored), addressOf(nodeId, members));
}

const addressOf = (id: NodeId, members: readonly Member[]): NodeAddress | undefined =>
  members.find((member) => member.id === id)?.address;
