import { SimCluster, SimRandom } from '@rrmq/raft/testing';
import { DueKeeper, StateComparer } from '@rrmq/queue';
import { optionsOf } from './cluster-options.ts';
import { contentHash } from './content-hash.ts';
import { beginDraining, eventLoopTurn } from './drain.ts';
import { Ends } from './faults/ends.ts';
import { chooseFamilies } from './faults/families.ts';
import { Faults } from './faults/faults.ts';
import { Members } from './faults/members.ts';
import { Trouble } from './faults/trouble.ts';
import { AccountWrong } from './account-wrong.ts';
import { Audit } from './audit/audit.ts';
import { History } from './history.ts';
import { Marks } from './marks.ts';
import { CATCH_UP_MS, agree, converged, elect, must } from './recovering.ts';
import { type Client, type Report, type Told, reportOf } from './report.ts';
import { SeedFailed } from './seed-failed.ts';
import type { Boot, Cluster } from './cluster.ts';
import { Consumer } from './clients/consumer.ts';
import { FifoClient } from './clients/fifo-client.ts';
import { Producer } from './clients/producer.ts';
import { QueueAdmin } from './clients/queue-admin.ts';
import { Reader } from './clients/reader.ts';
import { Reads } from './clients/reads.ts';
import { type WorkTopic, workTopics } from './clients/work-topics.ts';
import { createTopic, drainFifo, drainWork } from './draining.ts';
import { wordsOf } from './timeline/event-words.ts';
import type { Log } from './timeline/moment.ts';
import type { SimQueueHost } from './sim-queue-host.ts';

export type { Report } from './report.ts';

/** How much a seed has to do. */
interface Length {
  /** How long things go wrong, in simulated ms. */
  readonly troubleMs: number;
  /** How long the whole lasts at least. */
  readonly lifeMsMin: number;
  /** At least so many client calls are made; if too few were possible amid the trouble, the rest comes after it. */
  readonly callsMin: number;
}

const LENGTHS = {
  full: { troubleMs: 52_000, lifeMsMin: 60_000, callsMin: 500 },
  short: { troubleMs: 20_000, lifeMsMin: 20_000, callsMin: 100 },
} as const satisfies Record<string, Length>;

export type SeedLength = keyof typeof LENGTHS;

/** For the calls that are missing; all of them fit twice. */
const CALLS_MS = 120_000;

/** Before faults begin that may destroy what one node holds: by then all nodes know each other's data directories. */
const ACQUAINTED_MS = 3_000;

/** What is on its way when clients stop has come by then. */
const SETTLE_MS = 2_000;

const FIFO_CLIENTS = 4;
const PRODUCERS = 2;
const CONSUMERS = 3;
/** Most messages are short. Longer ones make frames of several sectors, which a loss of power tears. */
const PADDING_BYTES = [0, 0, 500, 2_000] as const;
const TOPICS = ['orders', 'mails', 'alerts'] as const;

export interface RunOptions {
  readonly log?: Log;
  /** Numbers of faults that are left out; the others come as they would. */
  readonly without?: ReadonlySet<number>;
  /** Default: full. */
  readonly length?: SeedLength;
  /** Families of faults by name, in the place of those that the seed would have. */
  readonly families?: readonly string[];
}

/** Runs one seed: trouble, recovery, accounting. Rejects with `SeedFailed` when anything is not as promised. */
export async function runSeed(
  seed: number,
  { log, without = new Set(), length = 'full', families: only }: RunOptions = {},
): Promise<Report> {
  await beginDraining();
  const chance = new SimRandom(seed ^ 0xfa117);
  const families = chooseFamilies(chance, only);
  const names = families.map(({ name }) => name);
  const { cluster, trouble, audit } = hardCluster(seed, { families: names, log });
  const faults = new Faults(trouble, { families, random: chance.fork(), without, log });
  // What is thrown where nobody waits for it, as a false claim in the driver is, ends a process of the product.
  const escaped = (error: unknown): void => cluster.fail(error);
  process.on('uncaughtException', escaped);
  try {
    const work = workTopics(seed);
    const told = await live({ trouble, faults, audit, work, log, ...LENGTHS[length] });
    await eventLoopTurn();
    await cluster.run(cluster.world.now() + 1);
    return { seed, families: names, ...reportOf(cluster, told) };
  } catch (error) {
    const atMs = cluster.world.now();
    throw new SeedFailed({ seed, atMs, drawn: faults.drawn }, error);
  } finally {
    process.off('uncaughtException', escaped);
  }
}

/** A cluster, and what makes its life hard. */
function hardCluster(
  seed: number,
  { families, log }: { readonly families: readonly string[]; readonly log: Log | undefined },
): { readonly cluster: Cluster; readonly trouble: Trouble; readonly audit: Audit } {
  const met: { trouble?: Trouble } = {};
  const stores = new Map<number, SimQueueHost>();
  const marks = new Marks();
  const audit = new Audit((error) => cluster.fail(error));
  const traits = { losses: families.includes('losses'), clocks: families.includes('clocks') };
  const cluster: Cluster = new SimCluster({
    ...optionsOf(seed, traits, (id, host) => stores.set(id, host)),
    onBooted: accompany,
    onExecuted: (_id, machine, entry) => audit.executed(machine, entry),
    onTermStarted: (_id, _machine, start) => audit.termStarted(start),
    onEvent: (id, event) => {
      log?.({ atMs: cluster.world.now(), who: `node ${id}`, what: wordsOf(event) });
      marks.event(id, event);
      met.trouble?.event(id, event);
    },
    onNodeFailed: (id, error) => {
      log?.({ atMs: cluster.world.now(), who: `node ${id}`, what: `fails: ${String(error)}` });
      return met.trouble?.ends.isExpected(id, error) ?? false;
    },
  });
  const members = new Members(cluster);
  const trouble = new Trouble({ cluster, members, marks, stores, ends: new Ends(cluster, marks) });
  met.trouble = trouble;
  return { cluster, trouble, audit };
}

/** As in the product: whoever leads proposes what is due, and compares states. What belongs to a process ends with it. */
function accompany({ node, machine, process: { timers } }: Boot): void {
  new DueKeeper({ group: node, queue: machine, timers }).start();
  new StateComparer({ group: node, queue: machine }).start();
}

interface Life extends Length {
  readonly trouble: Trouble;
  readonly faults: Faults;
  readonly audit: Audit;
  readonly work: readonly [WorkTopic, WorkTopic];
  readonly log: Log | undefined;
}

/** Clients work while things go wrong, and after that. */
async function live(life: Life): Promise<Told> {
  const { trouble, faults, audit, work, log, troubleMs, lifeMsMin, callsMin } = life;
  const { cluster, members, marks } = trouble;
  const history = new History(TOPICS);
  const reads = new Reads(cluster);
  const clients = clientsOf(life, history, reads);
  const reader = new Reader(cluster, reads);
  cluster.startAll();
  for (const topic of TOPICS) await createTopic(cluster, { kind: 'create-topic', topic });
  for (const { name: topic, settings } of work) {
    await createTopic(cluster, { kind: 'create-topic', topic, settings });
  }
  for (const client of [...clients, reader]) client.start();
  if (faults.areDestructive) await cluster.run(cluster.world.now() + ACQUAINTED_MS);
  faults.start();
  await cluster.run(cluster.world.now() + troubleMs, () => {
    marks.look(cluster);
    return false;
  });
  trouble.stop();
  members.stop();
  log?.({ atMs: cluster.world.now(), who: 'cluster', what: 'all faults end' });
  await elect(cluster, trouble.hangsUntilMs);
  await must(cluster, 'changes of membership come to an end', () => members.isQuiet, CATCH_UP_MS);
  await must(cluster, 'all follow one leader', () => agree(cluster, members), CATCH_UP_MS);
  const ackedAmidTrouble = history.acked;
  const fresh = (): boolean => history.acked >= ackedAmidTrouble + FIFO_CLIENTS;
  await must(cluster, 'new messages are acked', fresh);
  const enough = (): boolean => clients.reduce((sum, { calls }) => sum + calls, 0) >= callsMin;
  await must(cluster, `${callsMin} calls are made`, enough, CALLS_MS);
  await cluster.run(lifeMsMin - SETTLE_MS);
  for (const client of [...clients, reader]) client.stop();
  await settle(life, history);
  return { clients, history, reads, faults, members, marks, audit };
}

/** Who publishes, pops, receives and administrates. */
function clientsOf({ trouble, audit, work, log }: Life, history: History, reads: Reads): Client[] {
  const { cluster } = trouble;
  const paddingBytesMax = cluster.random.pick(PADDING_BYTES);
  const fifo = { cluster, audit, topics: TOPICS, history, reads, paddingBytesMax, log };
  const leasing = { cluster, audit, topics: work, log };
  return [
    ...some(FIFO_CLIENTS, (number) => new FifoClient(`client-${number}`, fifo)),
    ...some(PRODUCERS, (number) => new Producer(`producer-${number}`, leasing)),
    ...some(CONSUMERS, (number) => new Consumer(`consumer-${number}`, leasing)),
    new QueueAdmin('admin', leasing),
  ];
}

/** So many, numbered from 1. */
const some = <T>(count: number, make: (number: number) => T): T[] =>
  Array.from({ length: count }, (_, place) => make(place + 1));

/** Everything that is on its way arrives; then what is left is accounted for. */
async function settle({ trouble, audit, work }: Life, history: History): Promise<void> {
  const { cluster, members } = trouble;
  await cluster.run(cluster.world.now() + SETTLE_MS);
  await must(cluster, 'all still follow one leader', () => agree(cluster, members));
  for (const topic of TOPICS) await drainFifo(cluster, topic, history);
  for (const { name } of work) await drainWork(cluster, name);
  await must(cluster, 'all nodes hold the same', () => converged(cluster, members));
  const hashes = new Set(cluster.running.map(({ machine }) => contentHash(machine)));
  if (hashes.size > 1) throw new AccountWrong('nodes with the same entries differ in state');
  const violations = cluster.running.flatMap(({ machine }) => machine.violations());
  if (violations.length > 0) throw new AccountWrong(violations.join('; '));
  const [{ machine } = { machine: undefined }] = cluster.running;
  history.settle((topic) => machine?.stats(topic));
  if (machine !== undefined) audit.settle(machine);
}
