import type { NodeEvent, NodeId } from '@rrmq/raft';
import { SimCluster, type SimClusterOptions, SimRandom } from '@rrmq/raft/testing';
import { type QueueMachine, type QueueResult, encodeCommand } from '@rrmq/queue';
import { Faults } from './faults.ts';
import { drain } from './drain.ts';
import { AccountWrong, History } from './history.ts';
import { EMPTY } from './linearizability/fifo-history.ts';
import { Members } from './members.ts';
import { type Cluster, SimClient } from './sim-client.ts';
import { SimQueueHost } from './sim-queue-host.ts';
import { SimReads } from './sim-reads.ts';

/** How long things go wrong, in simulated ms. */
const TROUBLE_MS = 20_000;

/** After the faults end, a leader must be there and all nodes must agree within this, at the default timing. */
const RECOVERY_MS = 10_000;

/** Heartbeats and elections of half of the seeds have the default timing, those of the others twice or four times it. */
const SLOWNESS = [1, 1, 2, 4] as const;
const TIMING = { heartbeatMs: 50, electionTimeoutMinMs: 300, electionTimeoutMaxMs: 600 } as const;

/** Each seed makes at least so many client calls; if too few were possible amid the trouble, the rest comes after it. */
const CALLS_MIN = 100;
/** 22.5 s of rests, at worst, and the calls themselves. */
const CALLS_MS = 30_000;

const CLIENTS = 4;
const TOPICS = ['orders', 'mails'] as const;

/** Events that a report counts: a campaign that never comes by them proves nothing about them. */
const SEEN = [
  'flushed',
  'compacted',
  'snapshot-sending',
  'snapshot-refused',
  'snapshot-installed',
  'configuration-changed',
] as const;

/** What one seed came to. */
export interface Report {
  readonly seed: number;
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
  /** How often rare things happened. */
  readonly seen: Readonly<Record<string, number>>;
  /** Equal for equal runs. */
  readonly traceHash: number;
}

export type Log = (line: string) => void;

/** Runs one seed: trouble, recovery, accounting. Throws when anything is not as promised. */
export async function runSeed(seed: number, log?: Log): Promise<Report> {
  const nemesis: { faults?: Faults } = {};
  const seen = new Map<string, number>();
  const cluster: Cluster = new SimCluster(
    optionsOf(seed, (id, event) => {
      log?.(`${cluster.world.now().toFixed(1)} node ${id} ${JSON.stringify(event)}`);
      seen.set(event.kind, (seen.get(event.kind) ?? 0) + 1);
      if (event.kind === 'role-changed') nemesis.faults?.roleChanged(id, event.role);
    }),
  );
  const history = new History(TOPICS);
  const reads = new SimReads(cluster);
  const clients = Array.from(
    { length: CLIENTS },
    (_, place) => new SimClient(`client-${place + 1}`, { cluster, topics: TOPICS, history, reads }),
  );
  const members = new Members(cluster);
  const faults = new Faults(cluster, members);
  cluster.startAll();
  for (const topic of TOPICS) await createTopic(cluster, topic);
  for (const client of clients) client.start();
  faults.start();
  nemesis.faults = faults;
  await cluster.run(cluster.world.now() + TROUBLE_MS);
  const enough = (): boolean => clients.reduce((sum, { calls }) => sum + calls, 0) >= CALLS_MIN;
  faults.stop();
  members.stop();
  log?.(`${cluster.world.now().toFixed(1)} all faults end`);
  await must(cluster, 'changes of membership come to an end', () => members.isQuiet);
  await must(cluster, 'a leader is elected', () => agree(cluster, members));
  await must(cluster, `${CALLS_MIN} calls are made`, enough, CALLS_MS);
  for (const client of clients) client.stop();
  await quiet(cluster);
  for (const topic of TOPICS) await drainTopic(cluster, topic, history);
  await must(cluster, 'all nodes hold the same', () => converged(cluster, members));
  const hashes = new Set(cluster.running.map(({ machine }) => machine.stateHash));
  if (hashes.size > 1) throw new AccountWrong('nodes with the same entries differ in state');
  history.settle();
  return reportOf(seed, cluster, { clients, history, reads, faults, members, seen });
}

function optionsOf(
  seed: number,
  onEvent: (id: NodeId, event: NodeEvent) => void,
): SimClusterOptions<QueueResult, QueueMachine> {
  const random = new SimRandom(seed ^ 0x5eed);
  const small = random.chance(0.5);
  const rough = random.chance(0.7);
  const diskMs: readonly [number, number] = random.pick([
    [0.05, 0.5],
    [0.1, 3],
    [1, 40],
  ]);
  return {
    size: random.pick([3, 3, 3, 5, 1]),
    seed,
    machines: (ofNode) => new SimQueueHost(ofNode, diskMs),
    hashOf: (machine) => machine.stateHash,
    network: {
      drop: rough ? random.next() * 0.05 : 0,
      duplicate: rough ? random.next() * 0.05 : 0,
      reorder: rough ? random.next() * 0.05 : 0,
      minMs: 0.1,
      maxMs: random.pick([1, 5, 20]),
    },
    diskMs,
    node: {
      timing: timingOf(random.pick(SLOWNESS)),
      limits: small
        ? { appendBytesMax: 200, appendsInFlightMax: random.between(1, 4), windowBytes: 2_000 }
        : {},
      // Often enough that logs are compacted, and peers that lag behind need a snapshot.
      flush: {
        flushBytes: random.pick([4_000, 20_000, 200_000]),
        flushEntries: random.pick([20, 100, 1_000]),
        flushAfterMs: random.pick([200, 2_000, 30_000]),
      },
      keepLogBytes: random.pick([0, 8_192, 65_536]),
    },
    clock: () => ({
      skewMs: random.between(-5_000, 5_000),
      rate: 1 + (random.next() - 0.5) * 0.02,
    }),
    onEvent,
    drain,
  };
}

const timingOf = (slowness: number) => ({
  heartbeatMs: TIMING.heartbeatMs * slowness,
  electionTimeoutMinMs: TIMING.electionTimeoutMinMs * slowness,
  electionTimeoutMaxMs: TIMING.electionTimeoutMaxMs * slowness,
});

async function createTopic(cluster: Cluster, topic: string): Promise<void> {
  const command = encodeCommand({ kind: 'create-topic', topic });
  let created = false;
  const attempt = (): void => {
    const leader = cluster.running.find(({ core }) => core.role === 'leader');
    leader?.node.propose(command, ({ kind }) => (created ||= kind === 'committed'));
    if (!created) cluster.world.after(100, attempt);
  };
  attempt();
  await must(cluster, 'the topic is created', () => created);
}

/** Runs until `done`; a cluster without faults has no excuse. */
async function must(
  cluster: Cluster,
  what: string,
  done: () => boolean,
  withinMs = recoveryMs(cluster),
): Promise<void> {
  const reached = await cluster.run(cluster.world.now() + withinMs, done);
  if (!reached) throw new AccountWrong(`not within ${withinMs} ms: ${what}\n${pictureOf(cluster)}`);
}

const recoveryMs = ({ electionTimeoutMaxMs }: Cluster): number =>
  RECOVERY_MS * (electionTimeoutMaxMs / TIMING.electionTimeoutMaxMs);

/** A line for each node, for people. */
function pictureOf(cluster: Cluster): string {
  return cluster.ids
    .map((id) => {
      const core = cluster.bootOf(id)?.core;
      if (core === undefined) return `node ${id}: not running`;
      const { role, term, leader, applied, committed, durable, last } = core;
      return `node ${id}: ${role} of term ${term}, leader ${leader}, applied ${applied}, committed ${committed}, durable ${durable}, last ${last}`;
    })
    .join('\n');
}

/** Lets everything that is on its way arrive. */
async function quiet(cluster: Cluster): Promise<void> {
  await cluster.run(cluster.world.now() + 2_000);
}

/** All members run and follow one leader, which serves, and nobody else runs. */
function agree(cluster: Cluster, operators: Members): boolean {
  // A learner that replaces another node may do so at any time.
  operators.retireRemoved();
  const { running, ids } = cluster;
  const leader = running.find(({ core }) => core.role === 'leader' && core.serving);
  return (
    leader !== undefined &&
    leader.core.isSettled &&
    leader.core.configuration.promoting.length === 0 &&
    leader.core.configuration.members.length === ids.length &&
    running.length === ids.length &&
    running.every(({ core }) => core.leader === leader.core.id && core.term === leader.core.term)
  );
}

function converged(cluster: Cluster, operators: Members): boolean {
  const [first, ...others] = cluster.running;
  return (
    agree(cluster, operators) &&
    first !== undefined &&
    first.core.applied === first.core.last &&
    others.every(({ core }) => core.applied === first.core.applied)
  );
}

/** Pops what is left, until nothing is. */
async function drainTopic(cluster: Cluster, topic: string, history: History): Promise<void> {
  const command = encodeCommand({ kind: 'pop', topic });
  let empty = false;
  const popNext = (): void => {
    const leader = cluster.running.find(({ core }) => core.role === 'leader');
    const pop = history.beginPop(topic, cluster.world.now());
    leader?.node.propose(command, (outcome) => {
      if (outcome.kind !== 'committed') throw new AccountWrong(`a drain ended ${outcome.kind}`);
      const { result } = outcome;
      const now = cluster.world.now();
      empty = !result.ok;
      if (!result.ok || result.kind !== 'popped') return history.endPop(pop, EMPTY, now);
      history.endPop(pop, result.message.body.toString(), now);
      return popNext();
    });
  };
  popNext();
  await must(cluster, `${topic} is drained`, () => empty);
}

/** What the parts of a run have counted. */
interface Told {
  readonly clients: readonly SimClient[];
  readonly history: History;
  readonly reads: SimReads;
  readonly faults: Faults;
  readonly members: Members;
  readonly seen: ReadonlyMap<string, number>;
}

function reportOf(
  seed: number,
  cluster: Cluster,
  { clients, history, reads, faults, members, seen }: Told,
): Report {
  return {
    seed,
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
      ...Object.fromEntries(SEEN.map((kind) => [kind, seen.get(kind) ?? 0])),
      'read-refused': reads.refused,
      'read-refused-after-deposition': reads.refusedAfterDeposition,
    },
    traceHash: cluster.running[0]?.machine.stateHash ?? 0,
  };
}
