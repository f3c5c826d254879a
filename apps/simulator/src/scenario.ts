import { SimCluster, SimRandom } from '@rrmq/raft/testing';
import { encodeCommand } from '@rrmq/queue';
import { optionsOf } from './cluster-options.ts';
import { contentHash } from './content-hash.ts';
import { beginDraining, eventLoopTurn } from './drain.ts';
import { Ends } from './faults/ends.ts';
import { chooseFamilies } from './faults/families.ts';
import { Faults } from './faults/faults.ts';
import { Members } from './faults/members.ts';
import { Trouble } from './faults/trouble.ts';
import { AccountWrong } from './account-wrong.ts';
import { History } from './history.ts';
import { EMPTY } from './linearizability/fifo-history.ts';
import { Marks } from './marks.ts';
import { CATCH_UP_MS, agree, converged, elect, must } from './recovering.ts';
import { type Report, type Told, reportOf } from './report.ts';
import { SeedFailed } from './seed-failed.ts';
import { type Cluster, SimClient } from './sim-client.ts';
import { wordsOf } from './timeline/event-words.ts';
import type { Log } from './timeline/moment.ts';
import type { SimQueueHost } from './sim-queue-host.ts';
import { SimReader } from './sim-reader.ts';
import { SimReads } from './sim-reads.ts';

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

const CLIENTS = 4;
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
  const { cluster, trouble } = hardCluster(seed, { families: names, log });
  const faults = new Faults(trouble, { families, random: chance.fork(), without, log });
  // What is thrown where nobody waits for it, as a false claim in the driver is, ends a process of the product.
  const escaped = (error: unknown): void => cluster.fail(error);
  process.on('uncaughtException', escaped);
  try {
    const told = await live({ trouble, faults, log, ...LENGTHS[length] });
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
): { readonly cluster: Cluster; readonly trouble: Trouble } {
  const met: { trouble?: Trouble } = {};
  const stores = new Map<number, SimQueueHost>();
  const marks = new Marks();
  const traits = { losses: families.includes('losses'), clocks: families.includes('clocks') };
  const cluster: Cluster = new SimCluster({
    ...optionsOf(seed, traits, (id, host) => stores.set(id, host)),
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
  return { cluster, trouble };
}

interface Life extends Length {
  readonly trouble: Trouble;
  readonly faults: Faults;
  readonly log: Log | undefined;
}

/** Clients work while things go wrong, and after that. */
async function live(life: Life): Promise<Told> {
  const { trouble, faults, log, troubleMs, lifeMsMin, callsMin } = life;
  const { cluster, members, marks } = trouble;
  const history = new History(TOPICS);
  const reads = new SimReads(cluster);
  const paddingBytesMax = cluster.random.pick(PADDING_BYTES);
  const clients = Array.from(
    { length: CLIENTS },
    (_, place) =>
      new SimClient(`client-${place + 1}`, {
        cluster,
        topics: TOPICS,
        history,
        reads,
        paddingBytesMax,
        log,
      }),
  );
  const reader = new SimReader(cluster, reads);
  cluster.startAll();
  for (const topic of TOPICS) await createTopic(cluster, topic);
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
  const fresh = (): boolean => history.acked >= ackedAmidTrouble + CLIENTS;
  await must(cluster, 'new messages are acked', fresh);
  const enough = (): boolean => clients.reduce((sum, { calls }) => sum + calls, 0) >= callsMin;
  await must(cluster, `${callsMin} calls are made`, enough, CALLS_MS);
  await cluster.run(lifeMsMin - SETTLE_MS);
  for (const client of [...clients, reader]) client.stop();
  await settle(cluster, members, history);
  return { clients, history, reads, faults, members, marks };
}

/** Everything that is on its way arrives; then what is left is accounted for. */
async function settle(cluster: Cluster, members: Members, history: History): Promise<void> {
  await cluster.run(cluster.world.now() + SETTLE_MS);
  await must(cluster, 'all still follow one leader', () => agree(cluster, members));
  for (const topic of TOPICS) await drainTopic(cluster, topic, history);
  await must(cluster, 'all nodes hold the same', () => converged(cluster, members));
  const hashes = new Set(cluster.running.map(({ machine }) => contentHash(machine)));
  if (hashes.size > 1) throw new AccountWrong('nodes with the same entries differ in state');
  const violations = cluster.running.flatMap(({ machine }) => machine.violations());
  if (violations.length > 0) throw new AccountWrong(violations.join('; '));
  const [{ machine } = { machine: undefined }] = cluster.running;
  history.settle((topic) => machine?.stats(topic));
}

async function createTopic(cluster: Cluster, topic: string): Promise<void> {
  const command = encodeCommand({ kind: 'create-topic', topic });
  let created = false;
  const attempt = (): void => {
    const { leader } = cluster;
    leader?.node.propose(command, ({ kind }) => (created ||= kind === 'committed'));
    if (!created) cluster.world.after(100, attempt);
  };
  attempt();
  await must(cluster, 'the topic is created', () => created);
}

/** Pops what is left, until nothing is. */
async function drainTopic(cluster: Cluster, topic: string, history: History): Promise<void> {
  const command = encodeCommand({ kind: 'pop', topic });
  let isEmpty = false;
  let failure: string | undefined;
  const popNext = (): void => {
    const { leader } = cluster;
    const pop = history.beginPop(topic, cluster.world.now());
    leader?.node.propose(command, (outcome) => {
      if (outcome.kind !== 'committed') {
        failure = `a drain ended ${outcome.kind}`;
        return undefined;
      }
      const { result } = outcome;
      const now = cluster.world.now();
      isEmpty = !result.ok;
      if (!result.ok || result.kind !== 'popped') return history.endPop(pop, EMPTY, now);
      history.endPop(pop, result.message.body.toString(), now);
      return popNext();
    });
  };
  popNext();
  await must(cluster, `${topic} is drained`, () => isEmpty || failure !== undefined);
  if (failure !== undefined) throw new AccountWrong(failure);
}
