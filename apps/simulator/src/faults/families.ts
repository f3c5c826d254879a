import type { SimRandom } from '@rrmq/raft/testing';
import { CLOCKS } from './clock-faults.ts';
import { CORRUPTION, FAILING_DISKS, FULL_DISKS, SLOW_DISKS, WIPES } from './disk-faults.ts';
import { ELECTIONS, USURPATION } from './election-faults.ts';
import type { Family } from './fault.ts';
import { LINKS, LOSSES } from './network-faults.ts';
import { MEMBERSHIP, TRANSFERS } from './operator-faults.ts';
import { PARTITIONS } from './partition-faults.ts';
import { PAUSES, PROCESSES } from './process-faults.ts';
import { SNAPSHOTS } from './snapshot-faults.ts';
import { VERSIONS } from './version-faults.ts';

const FAMILIES: readonly Family[] = [
  PROCESSES,
  PAUSES,
  ELECTIONS,
  USURPATION,
  PARTITIONS,
  LOSSES,
  LINKS,
  SNAPSHOTS,
  SLOW_DISKS,
  FULL_DISKS,
  FAILING_DISKS,
  CORRUPTION,
  WIPES,
  CLOCKS,
  VERSIONS,
  MEMBERSHIP,
  TRANSFERS,
];

export const FAMILY_NAMES: readonly string[] = FAMILIES.map(({ name }) => name);

/** Some seeds have no faults at all: what fails in them is simpler, and a cluster at rest is a case of its own. */
const FAULT_FREE = 0.03;

/**
 * A random part of the families: where all faults always come together, most runs look alike, and some faults hide
 * what others would show. `only` names others to take in their place.
 */
export function chooseFamilies(
  random: SimRandom,
  only: readonly string[] | undefined,
): readonly Family[] {
  const faultFree = random.chance(FAULT_FREE);
  const chosen = FAMILIES.filter(({ chance }) => random.chance(chance));
  if (only !== undefined) return only.map(familyOf);
  return faultFree ? [] : chosen;
}

function familyOf(name: string): Family {
  const family = FAMILIES.find((each) => each.name === name);
  if (family !== undefined) return family;
  throw new RangeError(`there is no family ${name}, only ${FAMILY_NAMES.join(', ')}`);
}
