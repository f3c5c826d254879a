import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import {
  clusterIdOf,
  type Member,
  NodeClock,
  NodeNetwork,
  NodePeerAuth,
  NodeRandom,
  NodeTimers,
  nodeId,
  RaftNode,
} from '@rrmq/raft';
import { CountingDisk, writesBetween } from './counting-disk.ts';
import { CountingMachine } from './counting-machine.ts';
import { ProposalLoop } from './proposing.ts';
import type {
  ProposalJob,
  ProposalResult,
  RaftAnswer,
  RaftCommand,
  RaftNodeJob,
} from './raft-job.ts';

/** How often the end of a stretch is looked for. */
const LOOK_MS = 10;

/** A node of nothing but the library; does what its parent commands, one after the other, and ends with it. */
export function runRaftProcess(): void {
  const state: ProcessState = { open: undefined };
  process.on('disconnect', () => process.exit());
  process.on('message', (command: RaftCommand) => void obey(state, command));
}

interface OpenNode {
  readonly node: RaftNode<number>;
  readonly disk: CountingDisk;
}

interface ProcessState {
  open: OpenNode | undefined;
}

async function obey(state: ProcessState, command: RaftCommand): Promise<void> {
  try {
    if (command.kind === 'open') state.open = await openNode(command.job);
    if (state.open === undefined) throw new Error('no node is open');
    tell(await answer(state.open, command));
  } catch (error) {
    tell({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
  }
}

async function answer(open: OpenNode, command: RaftCommand): Promise<RaftAnswer> {
  switch (command.kind) {
    case 'open':
      return { kind: 'opened' };
    case 'role': {
      const { role, ready } = open.node.status();
      return { kind: 'role', isLeader: role === 'leader', isReady: ready };
    }
    case 'propose':
      return { kind: 'done', result: await propose(open, command.job) };
    default:
      return command satisfies never;
  }
}

/** With default settings, as `rrmq-node` opens it, but for the machine. */
async function openNode({ id, ports, directory }: RaftNodeJob): Promise<OpenNode> {
  const ip = '127.0.0.1';
  const members = ports.map((port, at): Member => {
    return { id: nodeId(at + 1), address: { ip, port, internalPort: port } };
  });
  const port = ports[id - 1] ?? 0;
  const network = new NodeNetwork();
  const server = createServer();
  network.attach(server);
  const disk = new CountingDisk();
  const clusterId = clusterIdOf(members);
  const node = await RaftNode.open<number>({
    directory,
    create: { nodeId: nodeId(id), clusterId, members, storedWins: false },
    machine: new CountingMachine(),
    ports: {
      disk,
      network,
      clock: new NodeClock(),
      timers: new NodeTimers(),
      random: new NodeRandom(),
    },
    address: { ip, port },
    auth: new NodePeerAuth(undefined),
    onEvent: () => undefined,
    onFailure: (error) => tell({ kind: 'failed', reason: error.message }),
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, ip, resolve);
  });
  return { node, disk };
}

async function propose({ node, disk }: OpenNode, job: ProposalJob): Promise<ProposalResult> {
  const loop = new ProposalLoop(node, job);
  loop.start(job.window);
  await delay(job.warmUpSeconds * 1000);
  tell({ kind: 'begun' });
  loop.clear();
  const before = disk.writes;
  const startedMs = performance.now();
  while (performance.now() - startedMs < job.seconds * 1000) {
    if (loop.failed > 0) break;
    await delay(LOOK_MS);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const { committed, failed } = loop;
  const [p50Ms, p99Ms] = [loop.latencyMs(50), loop.latencyMs(99)];
  const result = { seconds, committed, failed, p50Ms, p99Ms };
  const writes = writesBetween(before, disk.writes);
  await loop.stop();
  return { ...result, disk: writes };
}

function tell(message: RaftAnswer): void {
  process.send?.(message);
}
