import { ELECTION_MUTANTS } from './mutants/election.ts';
import { LEASING_MUTANTS } from './mutants/leasing.ts';
import { LOG_MUTANTS } from './mutants/log.ts';
import { MEMBERSHIP_MUTANTS } from './mutants/membership.ts';
import type { Mutant } from './mutants/mutant.ts';
import { QUEUE_MUTANTS } from './mutants/queue.ts';
import { READ_MUTANTS } from './mutants/reads.ts';
import { REPLICATION_MUTANTS } from './mutants/replication.ts';
import { SNAPSHOT_MUTANTS } from './mutants/snapshots.ts';

/** All bugs that are put back in, by area. */
export const MUTANTS: readonly Mutant[] = [
  ...ELECTION_MUTANTS,
  ...REPLICATION_MUTANTS,
  ...MEMBERSHIP_MUTANTS,
  ...READ_MUTANTS,
  ...SNAPSHOT_MUTANTS,
  ...LOG_MUTANTS,
  ...QUEUE_MUTANTS,
  ...LEASING_MUTANTS,
];
