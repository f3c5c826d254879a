import type { History } from './history.ts';
import type { Faults } from './faults/faults.ts';
import type { Marks } from './marks.ts';
import type { Members } from './faults/members.ts';
import type { Audit } from './audit/audit.ts';
import type { Reads } from './clients/reads.ts';
import type { Cluster } from './cluster.ts';

/** What one seed came to. */
export interface Report {
  readonly seed: number;
  /** The kinds of faults that this seed has. */
  readonly families: readonly string[];
  /** How many faults were drawn. */
  readonly injections: number;
  readonly nodes: number;
  readonly simulatedMs: number;
  readonly events: number;
  readonly calls: number;
  readonly acked: number;
  readonly popped: number;
  /** Pops that were told that nothing is there. */
  readonly empty: number;
  /** Linearizable reads that were served. */
  readonly reads: number;
  readonly committed: number;
  readonly faults: Readonly<Record<string, number>>;
  /** Changes of membership and transfers of leadership, by how they ended. */
  readonly changes: Readonly<Record<string, number>>;
  /** How often rare things happened: a campaign that never comes by them proves nothing about them. */
  readonly seen: Readonly<Record<string, number>>;
  /** Of all that happened: equal for equal runs. */
  readonly traceHash: number;
}

/** What the parts of a run have counted. */
export interface Told {
  readonly clients: readonly Client[];
  readonly history: History;
  readonly reads: Reads;
  readonly faults: Faults;
  readonly members: Members;
  readonly marks: Marks;
  readonly audit: Audit;
}

/** Who calls. */
export interface Client {
  /** Calls begun; a repeated one is one call. */
  readonly calls: number;
  start(): void;
  stop(): void;
}

export function reportOf(
  cluster: Cluster,
  { clients, history, reads, faults, members, marks, audit }: Told,
): Omit<Report, 'seed' | 'families'> {
  return {
    injections: faults.drawn.length,
    nodes: cluster.ids.length,
    simulatedMs: cluster.world.now(),
    events: cluster.world.events,
    calls: clients.reduce((sum, { calls }) => sum + calls, 0),
    acked: history.acked,
    popped: history.popped,
    empty: history.empty,
    reads: reads.served,
    committed: cluster.safety.committed,
    faults: Object.fromEntries(faults.counts),
    changes: Object.fromEntries(members.counts),
    seen: {
      ...Object.fromEntries(marks.counts),
      ...Object.fromEntries(audit.sightings.counts),
      'read-refused': reads.refused,
      'read-refused-after-deposition': reads.refusedAfterDeposition,
    },
    traceHash: cluster.world.traceHash,
  };
}
