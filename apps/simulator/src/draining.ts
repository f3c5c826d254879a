import { type Command, type QueueResult, encodeCommand } from '@rrmq/queue';
import type { Outcome } from '@rrmq/raft';
import { AccountWrong } from './account-wrong.ts';
import type { Cluster } from './cluster.ts';
import type { History } from './history.ts';
import { EMPTY } from './linearizability/fifo-history.ts';
import { must } from './recovering.ts';

/** All delays, backoffs and leases of a work topic are over by then, one after the other, and redrives too. */
const WORK_MS = 120_000;
/** Between two looks at a work topic. */
const LOOK_MS = 100;
const RECEIVED_MAX = 50;
const SECRET = Buffer.from('sixteen bytes ..');

/** A new topic, however long it takes to find a leader that makes it. */
export async function createTopic(
  cluster: Cluster,
  command: Command & { readonly kind: 'create-topic' },
): Promise<void> {
  const bytes = encodeCommand(command);
  let created = false;
  const attempt = (): void => {
    const { leader } = cluster;
    leader?.node.propose(bytes, ({ kind }) => (created ||= kind === 'committed'));
    if (!created) cluster.world.after(100, attempt);
  };
  attempt();
  await must(cluster, 'the topic is created', () => created);
}

/** Pops what is left, until nothing is. */
export async function drainFifo(cluster: Cluster, topic: string, history: History): Promise<void> {
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

/** Receives and acks until nothing is ready, leased, delayed or on its way from the dead letters. Time passes. */
export async function drainWork(cluster: Cluster, topic: string): Promise<void> {
  let isEmpty = false;
  let failure: string | undefined;
  const propose = (command: Command, done: (result: QueueResult) => void): void => {
    cluster.leader?.node.propose(encodeCommand(command), (outcome: Outcome<QueueResult>) => {
      if (outcome.kind === 'committed') done(outcome.result);
      else failure = `a drain ended ${outcome.kind}`;
    });
  };
  const look = (): void => {
    const machine = cluster.leader?.machine;
    const { ready = 0, leased = 0, delayed = 0 } = machine?.stats(topic) ?? {};
    isEmpty = ready + leased + delayed === 0;
    if (isEmpty) return;
    if (machine === undefined || machine.available(topic) === 0) rest();
    else receive();
  };
  const rest = (): void => void cluster.world.after(LOOK_MS, look);
  const receive = (): void =>
    propose({ kind: 'receive', topic, max: RECEIVED_MAX, settle: [], secret: SECRET }, (result) => {
      if (!result.ok || result.kind !== 'received') failure = `a drain got no messages`;
      else if (result.deliveries.length === 0) rest();
      else {
        const settle = result.deliveries.map(({ token }) => ({ action: 'ack', token }) as const);
        propose({ kind: 'settle', topic, settle }, look);
      }
    });
  propose({ kind: 'pause-topic', topic, publishing: false, receiving: false }, look);
  await must(cluster, `${topic} is drained`, () => isEmpty || failure !== undefined, WORK_MS);
  if (failure !== undefined) throw new AccountWrong(failure);
}
