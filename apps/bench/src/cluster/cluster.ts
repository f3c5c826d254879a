import { writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClusterView, connect, type NodeReport, type RrmqClient } from '@rrmq/client';
import { poll } from '../polling.ts';
import type { Resources } from '../resources.ts';
import { findFreePorts } from './free-ports.ts';
import { NodeProcess } from './node-process.ts';

export interface ClusterOptions {
  readonly size: number;
  /** Gets a folder for this cluster's data and logs. */
  readonly parentDirectory: string;
  /** Arguments of Node.js itself for every node. */
  readonly execArgv?: readonly string[];
}

/** A node that silently waits longer is as good as gone for one who looks for a leader. */
const STATUS_TIMEOUT_MS = 500;
const LEADER_MS_MAX = 30_000;
const JOIN_POLL_MS = 20;

/** A cluster of child processes on loopback ports, each node with its own data. */
export class Cluster {
  readonly directory: string;
  /** All there ever were: each is ended at the end of the run. */
  readonly #everyNode: NodeProcess[];
  #nodes: readonly NodeProcess[];
  #statusClient: RrmqClient;

  private constructor(directory: string, nodes: readonly NodeProcess[]) {
    this.directory = directory;
    this.#everyNode = [...nodes];
    this.#nodes = nodes;
    this.#statusClient = connectForStatus(this.urls);
  }

  /** Finds ports and writes the configuration; starts nothing yet. */
  static async prepare(options: ClusterOptions, resources: Resources): Promise<Cluster> {
    const { size, parentDirectory, execArgv = [] } = options;
    const directory = await mkdtemp(join(parentDirectory, `cluster-${size}-`));
    const ports = await findFreePorts(size * 2);
    const addresses = Array.from({ length: size }, (_, index) => ({
      ip: '127.0.0.1',
      port: ports[2 * index] ?? 0,
      internal_port: ports[2 * index + 1] ?? 0,
    }));
    const configFile = join(directory, 'config.json');
    writeFileSync(configFile, JSON.stringify({ addresses }));
    const nodes = addresses.map(({ port }, index) => {
      const membership = [configFile, String(index)];
      return new NodeProcess({ index, port, directory, membership, execArgv });
    });
    const cluster = new Cluster(directory, nodes);
    resources.defer(() => cluster.kill());
    return cluster;
  }

  /** Its members, as far as this object was told of them. */
  get nodes(): readonly NodeProcess[] {
    return this.#nodes;
  }

  get urls(): readonly string[] {
    return this.nodes.map((node) => node.url);
  }

  get pids(): readonly number[] {
    return this.nodes.map((node) => node.pid);
  }

  /** Starts all nodes and waits until they have one leader. */
  async start(): Promise<void> {
    for (const node of this.nodes) node.start();
    await Promise.all(this.nodes.map((node) => node.untilListening(this.nodes.length)));
    await this.leader();
  }

  /** Starts one more node, which joins by itself; resolves when it listens, thus is a member. */
  async join(): Promise<NodeProcess> {
    const [port = 0, internalPort = 0] = await findFreePorts(2);
    const { url } = await this.leader();
    const where = ['--ip', '127.0.0.1', '--port', String(port)];
    const membership = ['--join', url, ...where, '--internal-port', String(internalPort)];
    const index = this.#everyNode.length;
    const { directory } = this;
    const node = new NodeProcess({ index, port, directory, membership, execArgv: [] });
    this.#everyNode.push(node);
    node.start();
    await node.untilListening(JOIN_POLL_MS);
    await this.#become([...this.#nodes, node]);
    return node;
  }

  /** These nodes are no members any more; they run on. */
  async forget(removed: readonly NodeProcess[]): Promise<void> {
    await this.#become(this.#nodes.filter((node) => !removed.includes(node)));
  }

  async #become(nodes: readonly NodeProcess[]): Promise<void> {
    const before = this.#statusClient;
    this.#nodes = nodes;
    this.#statusClient = connectForStatus(this.urls);
    await before.close();
  }

  /** What each node says of itself, in their order. */
  status(): Promise<NodeReport[]> {
    return this.#statusClient.status({ timeoutMs: 2 * STATUS_TIMEOUT_MS });
  }

  /** How the leader sees the cluster: the view of a node that says that it leads; `undefined` when none does. */
  async leaderView(): Promise<ClusterView | undefined> {
    const { cluster } = this.#statusClient;
    const asked = this.urls.map((url) => {
      const view = cluster.status({ from: url, timeoutMs: STATUS_TIMEOUT_MS });
      return view.catch(() => undefined);
    });
    const views = await Promise.all(asked);
    return views.find((view) => view?.role === 'leader');
  }

  /** Waits until all nodes answer and agree on a term that has one leader; the leader. */
  async leader(): Promise<NodeProcess> {
    return poll('agreed leader', async () => this.#nodeAt(agreedLeader(await this.status())), {
      timeoutMs: LEADER_MS_MAX,
      everyMs: 2 * this.nodes.length,
    });
  }

  #nodeAt(url: string | undefined): NodeProcess | undefined {
    return this.nodes.find((node) => node.url === url);
  }

  /** Ends all nodes by SIGTERM. */
  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  /** Ends all nodes by SIGKILL, also those that were removed. */
  async kill(): Promise<void> {
    await Promise.all(this.#everyNode.map((node) => node.kill()));
    await this.#statusClient.close();
  }
}

function connectForStatus(urls: readonly string[]): RrmqClient {
  return connect(urls, { answerTimeoutMs: STATUS_TIMEOUT_MS });
}

/** The URL of the leader when every node answers, all are of one term and exactly one leads. */
export function agreedLeader(reports: readonly NodeReport[]): string | undefined {
  const answers = reports.filter((report) => report.reachable);
  const leaders = answers.filter(({ role }) => role === 'Leader');
  const terms = new Set(answers.map(({ term }) => term));
  const isAgreed = answers.length === reports.length && terms.size === 1 && leaders.length === 1;
  return isAgreed ? leaders[0]?.url : undefined;
}
