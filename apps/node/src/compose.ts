import { setTimeout } from 'node:timers/promises';
import { type HttpPort, type HttpServer, createHttpServer } from '@rrmq/http-server';
import { QueueMachine, type QueueResult } from '@rrmq/queue';
import {
  type Member,
  type NodeAddress,
  NodeClock,
  NodeDisk,
  type NodeEvent,
  NodeNetwork,
  NodeRandom,
  NodeTimers,
  RaftNode,
  clusterIdOf,
  nodeId,
} from '@rrmq/raft';
import type { Logger } from 'pino';
import { logEvent } from './event-log.ts';
import { warnAloud } from './logger.ts';
import { listenFailure, requireFreePort } from './ports.ts';
import type { Settings } from './settings.ts';

/** A node to be started. */
export interface NodePlan {
  readonly addresses: readonly NodeAddress[];
  /** Place of this node in `addresses`. */
  readonly index: number;
  readonly directory: string;
  readonly settings: Settings;
  readonly version: string;
  readonly logger: Logger;
  /** The node acknowledges nothing any more: the process must end. */
  readonly onFailure: (error: Error) => void;
}

/** A node that listens. */
export interface RunningNode {
  readonly address: NodeAddress;
  /** Hands leadership over, answers what is in flight, leaves the group. Bounded, at most about 2.5 s. */
  stop(): Promise<void>;
}

/** A single node leads a few ms after its start; it is waited for so long before it listens anyway. */
const FIRST_LEADERSHIP_MS_MAX = 1_000;

/** Whoever waits for a node to start comes first. */
const WARM_UP_AFTER_MS = 100;

/** The members that an address list stands for: ids count from 1. */
export function membersOf(addresses: readonly NodeAddress[]): Member[] {
  return addresses.map((address, index) => ({ id: nodeId(index + 1), address }));
}

/**
 * Puts a node together and starts it; it listens when this resolves. `beforeData` is called when the ports are known to
 * be free and before the data directory is touched: a taken port leaves the data as it is.
 */
export async function startNode(plan: NodePlan, beforeData: () => void): Promise<RunningNode> {
  const address = ownAddress(plan);
  for (const port of distinctPorts(address)) await requireFreePort({ ip: address.ip, port });
  beforeData();

  const network = new NodeNetwork();
  const machine = new QueueMachine();
  const leader = new FirstLeader();
  const node = await openNode(plan, { machine, network, leader });
  tellStoredMembership(plan, node.status().members);

  const { logger, version } = plan;
  const http = createHttpServer({ group: node, queue: machine, node: { version }, log: logger });
  const hasOnePort = address.internalPort === address.port;
  network.attach((hasOnePort ? http.external : http.internal).server);
  // "A single node leads when it first answers."
  if (plan.addresses.length === 1) await leader.knownWithin(FIRST_LEADERSHIP_MS_MAX);
  try {
    if (!hasOnePort) await listen(http.internal, address.ip, address.internalPort);
    await listen(http.external, address.ip, address.port);
  } catch (error) {
    await node.stop();
    throw error;
  }
  void warmUp(http, leader);
  const stop = async (): Promise<void> => {
    await node.handOver();
    await http.stop();
    await node.stop();
    network.close();
  };
  return { address, stop };
}

interface NodeParts {
  readonly machine: QueueMachine;
  readonly network: NodeNetwork;
  readonly leader: FirstLeader;
}

function openNode(plan: NodePlan, parts: NodeParts): Promise<RaftNode<QueueResult>> {
  const { addresses, index, directory, settings, logger, onFailure } = plan;
  const members = membersOf(addresses);
  return RaftNode.open({
    directory,
    create: {
      nodeId: nodeId(index + 1),
      clusterId: clusterIdOf(members),
      members,
      // Who names a directory knows what is in it; the default one is named after the list.
      storedWins: settings.dataDir !== undefined,
    },
    machine: parts.machine,
    ports: {
      disk: new NodeDisk(),
      network: parts.network,
      clock: new NodeClock(),
      timers: new NodeTimers(),
      random: new NodeRandom(),
    },
    timing: {
      heartbeatMs: settings.heartbeatMs,
      electionTimeoutMinMs: settings.electionTimeoutMs,
      electionTimeoutMaxMs: 2 * settings.electionTimeoutMs,
    },
    onEvent: (event) => {
      logEvent(logger, event);
      parts.leader.saw(event);
    },
    onFailure,
  });
}

/** The config file is only the first membership. */
function tellStoredMembership({ addresses, logger }: NodePlan, stored: readonly Member[]): void {
  if (clusterIdOf(stored) === clusterIdOf(membersOf(addresses))) return;
  const members = stored.map(({ id, address: { ip, port } }) => `${id} ${ip}:${port}`).join(', ');
  const text = `the address list of the config file is not the membership in the data directory, which holds: ${members}`;
  const fields = { event: 'stored-membership', members: stored };
  warnAloud(logger, fields, text);
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

async function listen(httpPort: HttpPort, ip: string, port: number): Promise<void> {
  try {
    await httpPort.listen(port, ip);
  } catch (error) {
    throw listenFailure(error, { ip, port });
  }
}

function ownAddress({ addresses, index }: NodePlan): NodeAddress {
  const address = addresses[index];
  if (address === undefined) throw new RangeError(`no address has index ${index}`);
  return address;
}

const distinctPorts = ({ port, internalPort }: NodeAddress): number[] => [
  ...new Set([port, internalPort]),
];
