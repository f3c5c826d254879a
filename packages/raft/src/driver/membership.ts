import { createHash } from 'node:crypto';
import { encodeConfiguration } from '../core/configuration-codec.ts';
import { type Member } from '../core/configuration.ts';

/** Raised by a forced new cluster. */
export const FIRST_CLUSTER_EPOCH = 1;

/** 32 hex digits, a pure function of the address list: nodes started from the same config file are one cluster. */
export function clusterIdOf(members: readonly Member[]): string {
  const addresses = members
    .toSorted((a, b) => a.id - b.id)
    .map(({ id, address: { ip, port, internalPort } }) => [id, ip, port, internalPort]);
  return createHash('sha256').update(JSON.stringify(addresses)).digest('hex').slice(0, 32);
}

/** The payload of entry 1: all members of the config file are voters. */
export function firstConfiguration(members: readonly Member[]): Buffer {
  const voters = members.map(({ id }) => id).toSorted((a, b) => a - b);
  return encodeConfiguration({ members, voters, outgoing: [], learners: [] });
}
