import { setTimeout } from 'node:timers/promises';
import { type HttpPort, type HttpServer, createHttpServer } from '@rrmq/http-server';
import {
  DueKeeper,
  NodeStoreHost,
  QueueMachine,
  type QueueResult,
  StateComparer,
} from '@rrmq/queue';
import {
  type NodeAddress,
  NodeClock,
  NodeDisk,
  type NodeEvent,
  NodeNetwork,
  NodePeerAuth,
  NodeRandom,
  NodeTimers,
  RaftNode,
} from '@rrmq/raft';
import { logEvent } from './event-log.ts';
import { NodeHealth } from './node-health.ts';
import type { NodePlan } from './node-plan.ts';
import { listenFailure, requireFreePort } from './ports.ts';

/** A node that listens. */
export interface RunningNode {
  readonly address: NodeAddress;
  readonly node: RaftNode<QueueResult>;
  /** Hands leadership over, answers what is in flight, leaves the group. Bounded, at most about 2.5 s. */
  stop(): Promise<void>;
}

/** A single node leads a few ms after its start; it is waited for so long before it listens anyway. */
const FIRST_LEADERSHIP_MS_MAX = 1_000;

/** Whoever waits for a node to start comes first. */
const WARM_UP_AFTER_MS = 100;

/**
 * Puts a node together and starts it; it listens when this resolves. `beforeData` is called when the ports are known to
 * be free and before the data directory is touched: a taken port leaves the data as it is.
 */
export async function startNode(plan: NodePlan, beforeData: () => void): Promise<RunningNode> {
  const { address, origin, held, secrets } = plan;
  for (const port of distinctPorts(address)) {
    if (holderOf(held, port) === undefined) await requireFreePort({ ip: address.ip, port, origin });
  }
  beforeData();

  const { tls } = secrets;
  const network = new NodeNetwork(tls);
  const machine = new QueueMachine({ host: new NodeStoreHost(plan.directory) });
  const leader = new FirstLeader();
  const health = new NodeHealth();
  const timers = new NodeTimers();
  const node = await openNode(plan, { machine, network, timers, leader, health });
  const dueKeeper = new DueKeeper({ group: node, queue: machine, timers });
  dueKeeper.start();
  const comparer = new StateComparer({ group: node, queue: machine });
  comparer.start();

  const http = createHttpServer({
    group: node,
    admin: node.admin,
    queue: machine,
    node: {
      version: plan.version,
      ...node.identity,
      health: () => health.problem,
    },
    adminToken: secrets.adminToken,
    tls,
    log: plan.logger,
  });
  const hasOnePort = address.internalPort === address.port;
  network.attach((hasOnePort ? http.external : http.internal).server);
  // "A single node leads when it first answers."
  if (node.status().members.length === 1) await leader.knownWithin(FIRST_LEADERSHIP_MS_MAX);
  try {
    if (!hasOnePort) await listen(http.internal, plan, address.internalPort);
    await listen(http.external, plan, address.port);
  } catch (error) {
    dueKeeper.stop();
    comparer.stop();
    await node.stop();
    throw error;
  }
  void warmUp(http, leader);
  const stop = async (): Promise<void> => {
    await node.handOver();
    await http.stop();
    dueKeeper.stop();
    comparer.stop();
    await node.stop();
    network.close();
  };
  return { address, node, stop };
}

interface NodeParts {
  readonly machine: QueueMachine;
  readonly network: NodeNetwork;
  readonly timers: NodeTimers;
  readonly leader: FirstLeader;
  readonly health: NodeHealth;
}

function openNode(plan: NodePlan, parts: NodeParts): Promise<RaftNode<QueueResult>> {
  const { directory, settings, logger, onFailure } = plan;
  return RaftNode.open({
    directory,
    create: plan.create,
    address: { ip: plan.address.ip, port: plan.address.internalPort },
    machine: parts.machine,
    auth: new NodePeerAuth(plan.secrets.clusterSecret),
    ports: {
      disk: new NodeDisk(),
      network: parts.network,
      clock: new NodeClock(),
      timers: parts.timers,
      random: new NodeRandom(),
    },
    timing: {
      heartbeatMs: settings.heartbeatMs,
      electionTimeoutMinMs: settings.electionTimeoutMs,
      electionTimeoutMaxMs: 2 * settings.electionTimeoutMs,
    },
    keepLogBytes: settings.keepLogBytes,
    reserveBytes: settings.reserveBytes,
    onEvent: (event) => {
      logEvent(logger, event);
      parts.leader.saw(event);
      parts.health.saw(event);
    },
    onFailure,
  });
}

/** Loads the rest of the HTTP interface, which takes all of the processor for a moment: not during the first election. */
async function warmUp(http: HttpServer, leader: FirstLeader): Promise<void> {
  await leader.known;
  await setTimeout(WARM_UP_AFTER_MS, undefined, { ref: false });
  await http.warmUp();
}

/** Waits for the moment in which this node knows a leader for the first time, itself or another. */
class FirstLeader {
  readonly known: Promise<void>;
  #reach: () => void = () => undefined;

  constructor() {
    this.known = new Promise((resolve) => {
      this.#reach = resolve;
    });
  }

  saw(event: NodeEvent): void {
    if (event.kind === 'role-changed' && event.leader !== 0) this.#reach();
  }

  async knownWithin(timeoutMs: number): Promise<void> {
    await Promise.race([this.known, setTimeout(timeoutMs, undefined, { ref: false })]);
  }
}

async function listen(
  httpPort: HttpPort,
  { address: { ip }, origin, held }: NodePlan,
  port: number,
): Promise<void> {
  try {
    await httpPort.listen(port, ip, holderOf(held, port));
  } catch (error) {
    throw listenFailure(error, { ip, port, origin });
  }
}

const holderOf = (held: NodePlan['held'], port: number) =>
  held.find((each) => each.port === port)?.holder;

const distinctPorts = ({ port, internalPort }: NodeAddress): number[] => [
  ...new Set([port, internalPort]),
];
