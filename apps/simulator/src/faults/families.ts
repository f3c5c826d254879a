import type { SimRandom } from '@rrmq/raft/testing';
import { CLOCKS } from './clock-faults.ts';
import { CORRUPTION, FAILING_DISKS, FULL_DISKS, SLOW_DISKS, WIPES } from './disk-faults.ts';
import { ELECTIONS, USURPATION } from './election-faults.ts';
import type { Family } from './fault.ts';
import { LINKS, LOSSES } from './network-faults.ts';
import { MEMBERSHIP, TRANSFERS } from './operator-faults.ts';
import { PARTITIONS } from './partition-faults.ts';
import { PAUSES, PROCESSES } from './process-faults.ts';
import { VERSIONS } from './version-faults.ts';

const FAMILIES: readonly Family[] = [
  PROCESSES,
  PAUSES,
  ELECTIONS,
  USURPATION,
  PARTITIONS,
  LOSSES,
  LINKS,
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

/** Some seeds have no faults at all: what fails in them is simpler, and a cluster at rest is a case of its own. */
const FAULT_FREE = 0.03;

/**
 * A random part of the families: where all faults always come together, most runs look alike, and some faults hide
 * what others would show.
 */
export function chooseFamilies(random: SimRandom): readonly Family[] {
  const faultFree = random.chance(FAULT_FREE);
  const chosen = FAMILIES.filter(({ chance }) => random.chance(chance));
  return faultFree ? [] : chosen;
}
