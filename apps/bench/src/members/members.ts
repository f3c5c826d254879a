import { Cluster } from '../cluster/cluster.ts';
import { type FlowAccount, isFlowClean } from '../flow/flow-job.ts';
import { FlowProcess } from '../flow/flow-process.ts';
import { formatFlowAccount } from '../flow/flow-report.ts';
import { createTopics, portsFromLeader } from '../flow/flow-setup.ts';
import { formatEnvironment, readEnvironment } from '../machine/environment.ts';
import { poll } from '../polling.ts';
import type { Progress } from '../progress.ts';
import type { Resources } from '../resources.ts';
import { writeJson } from '../result-file.ts';
import { makeRunDirectory } from '../run-directory.ts';
import { formatAccounts } from '../traffic/account-report.ts';
import { AckWatch } from '../traffic/ack-watch.ts';
import { type Account, isClean } from '../traffic/ledger.ts';
import { Traffic } from '../traffic/traffic.ts';
import { formatCatchUp, formatStages, type Stage } from './members-report.ts';
import { addNode, bringBack, killTwo, removeTwo, type Step } from './membership-steps.ts';
import { isGoodCatchUp, measureCatchUp, type SnapshotCatchUp } from './snapshot-catch-up.ts';

/** Options of `bench members`. */
export interface MembersOptions {
  readonly producers: number;
  /** Publishes per second of all producers together. */
  readonly rate: number;
  /** That a follower misses before it comes back. */
  readonly missedMessages: number;
  /** Connections that publish then, and as many that pop. */
  readonly connections: number;
  /** Messages that are there all the time then: what the snapshot holds. */
  readonly backlog: number;
  readonly json?: string;
  readonly directory?: string;
}

const TOPICS = 4;
const MESSAGE_BYTES = 100;

/** The backlog moves above its least by so much. */
const BACKLOG_SLACK = 5000;
const FILL_MS_MAX = 600_000;

/** `bench members`: exit code 1 when a message was lost or doubled, or a follower came back in a wrong or costly way. */
export async function runMembers(
  options: MembersOptions,
  resources: Resources,
  progress: Progress,
): Promise<number> {
  const parentDirectory = makeRunDirectory(resources, options.directory);
  const environment = readEnvironment();
  console.log(`${formatEnvironment(environment)}\n`);
  const cluster = await Cluster.prepare({ size: 3, parentDirectory }, resources);
  await cluster.start();

  const { stages, accounts } = await changeMembers(cluster, options, progress);
  progress.clear();
  console.log(`${formatStages(stages)}\n\n${formatAccounts(accounts)}\n`);

  const flow = new FlowProcess(resources);
  const { catchUp, flowAccount } = await catchUpBySnapshot(cluster, flow, { options, progress });
  progress.clear();
  console.log(`${formatCatchUp(catchUp)}\n\n${formatFlowAccount(flowAccount)}`);
  const figures = { stages, accounts, catchUp, flowAccount };
  writeJson(options.json, { bench: 'members', environment, options, ...figures });
  const isGood = accounts.every(isClean) && isFlowClean(flowAccount) && isGoodCatchUp(catchUp);
  return isGood ? 0 : 1;
}

/** Three nodes become five, lose two, get them back, and become three others. */
async function changeMembers(
  cluster: Cluster,
  { producers, rate }: MembersOptions,
  progress: Progress,
): Promise<{ stages: Stage[]; accounts: Account[] }> {
  const acks = new AckWatch();
  // A pop of unknown outcome may take a message with it: everything is popped at the end, when all is calm.
  const traffic = await Traffic.start(cluster, { producers, rate, pops: false }, acks);
  const stages: Stage[] = [];
  const stage = async (what: string, work: () => Promise<Step[]>) => {
    progress.show(what);
    const steps = await work();
    stages.push({ steps, calls: traffic.calls.take() });
  };
  await stage('a fourth node joins', () => addNode(cluster));
  await stage('a fifth node joins', () => addNode(cluster));
  await stage('two of five are killed and started again', async () => {
    const { killed, step } = await killTwo(cluster, acks);
    return [step, await bringBack(cluster, killed)];
  });
  await stage('two of five are removed, the leader among them', () => removeTwo(cluster));
  const shown = (popped: number) => progress.show(`popping everything: ${popped}`);
  const accounts = await traffic.finish(cluster, shown);
  return { stages, accounts };
}

async function catchUpBySnapshot(
  cluster: Cluster,
  flow: FlowProcess,
  { options, progress }: { options: MembersOptions; progress: Progress },
): Promise<{ catchUp: SnapshotCatchUp; flowAccount: FlowAccount }> {
  const { connections, backlog, missedMessages } = options;
  progress.show('filling topics');
  await flow.start({
    ports: await portsFromLeader(cluster),
    topics: await createTopics(cluster, 'flow', TOPICS),
    publishers: connections,
    poppers: connections,
    messageBytes: MESSAGE_BYTES,
    backlog: { min: backlog, max: backlog + BACKLOG_SLACK },
  });
  const isFilled = async () => ((await flow.counts()).backlog >= backlog ? true : undefined);
  await poll('filled topics', isFilled, { timeoutMs: FILL_MS_MAX, everyMs: 200 });
  const catchUp = await measureCatchUp({ cluster, flow }, missedMessages, progress);
  progress.show('popping what is left');
  return { catchUp, flowAccount: await flow.finish() };
}
