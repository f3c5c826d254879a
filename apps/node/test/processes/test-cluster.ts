import { writeFileSync } from 'node:fs';
import { freePorts } from './free-ports.ts';
import { Program } from './program.ts';
import { getStatus } from './seed-calls.ts';
import { TempFolder } from './temp-folder.ts';
import { PATIENCE_MS, until } from './until.ts';

/** What one node said of itself. */
export interface SeenStatus {
  readonly index: number;
  readonly role: string;
  readonly term: number;
}

/**
 * Nodes in processes of their own, on random ports, with data in a temporary folder. Disposing of it kills all of them
 * and removes the folder.
 */
export class TestCluster {
  readonly size: number;
  readonly folder = new TempFolder();
  readonly configFile = this.folder.file('config.json');
  readonly ports: readonly number[];
  readonly #flags: readonly string[];
  readonly #nodes: (Program | undefined)[] = [];

  private constructor(ports: readonly number[], flags: readonly string[]) {
    this.size = ports.length / 2;
    this.ports = ports;
    this.#flags = flags;
    this.#writeConfig((index) => ({ internal_port: ports[2 * index + 1] }));
  }

  /** No node runs yet. */
  static async plan(size: number, flags: readonly string[] = []): Promise<TestCluster> {
    return new TestCluster(await freePorts(2 * size), flags);
  }

  /** All nodes listen and one of them leads. */
  static async start(size: number, flags: readonly string[] = []): Promise<TestCluster> {
    const cluster = await TestCluster.plan(size, flags);
    await cluster.startAll();
    await cluster.leader();
    return cluster;
  }

  /** Before the start: peers use the ports of the clients. */
  useOnePort(): void {
    this.#writeConfig(() => ({}));
  }

  get urls(): string[] {
    return Array.from({ length: this.size }, (_, index) => this.url(index));
  }

  get indexes(): number[] {
    return Array.from({ length: this.size }, (_, index) => index);
  }

  url(index: number): string {
    return `http://127.0.0.1:${this.ports[2 * index]}`;
  }

  node(index: number): Program {
    const node = this.#nodes[index];
    if (node === undefined) throw new Error(`node ${index} was never started`);
    return node;
  }

  dataDirectory(index: number): string {
    return this.folder.file(`data-${index}`);
  }

  /** Starts a node, also again. Does not wait until it listens. */
  spawn(index: number, flags: readonly string[] = []): Program {
    const all = ['--data-dir', this.dataDirectory(index), '--log-format', 'json', ...this.#flags];
    const args = [this.configFile, String(index), ...all, ...flags];
    const node = new Program(args, { cwd: this.folder.path });
    this.#nodes[index] = node;
    return node;
  }

  /** Starts nodes at once; they listen when this resolves. */
  async startAll(indexes: readonly number[] = this.indexes): Promise<void> {
    const nodes = indexes.map((index) => this.spawn(index));
    await Promise.all(nodes.map((node) => node.logged('listening')));
  }

  /** What the nodes that answer say. */
  async statuses(): Promise<SeenStatus[]> {
    const running = this.indexes.filter((index) => this.#nodes[index]?.isRunning);
    const all = await Promise.all(
      running.map(async (index) => {
        const { status, body } = await getStatus(this.url(index));
        return { status, index, role: String(body['role']), term: Number(body['term']) };
      }),
    );
    return all.filter(({ status }) => status === 200);
  }

  /** The one node that leads with the highest term seen, awaited. `other`: a node that does not count. */
  async leader(withinMs = PATIENCE_MS, other = -1): Promise<SeenStatus> {
    let seen: SeenStatus[] = [];
    try {
      return await until(
        'a leader',
        () => this.#findLeader(other, (all) => (seen = all)),
        withinMs,
      );
    } catch (error) {
      throw new Error(`${String(error)}; seen: ${JSON.stringify(seen)}`, { cause: error });
    }
  }

  /** Resolves when a node that led does so no longer. */
  async losesLead(index: number): Promise<void> {
    await until(`node ${index} leads no longer`, async () => {
      const own = (await this.statuses()).find((status) => status.index === index);
      return own !== undefined && own.role !== 'Leader' ? true : undefined;
    });
  }

  /** The role of a node once it is in the term of the leader. */
  async settledRole(index: number): Promise<string> {
    return until(`node ${index} is in the term of the leader`, async () => {
      const all = await this.statuses();
      const own = all.find((status) => status.index === index);
      const term = Math.max(...all.map((status) => status.term));
      const isLed = all.some((status) => status.role === 'Leader' && status.term === term);
      return isLed && own?.term === term ? own.role : undefined;
    });
  }

  #writeConfig(more: (index: number) => object): void {
    const addresses = this.indexes.map((index) => ({
      ip: 'http://127.0.0.1',
      port: this.ports[2 * index],
      ...more(index),
    }));
    writeFileSync(this.configFile, JSON.stringify({ addresses }));
  }

  async #findLeader(
    other: number,
    saw: (statuses: SeenStatus[]) => void,
  ): Promise<SeenStatus | undefined> {
    const statuses = (await this.statuses()).filter(({ index }) => index !== other);
    saw(statuses);
    const term = Math.max(...statuses.map((status) => status.term));
    return statuses.find((status) => status.role === 'Leader' && status.term === term);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.#nodes) node?.signal('SIGCONT');
    await Promise.all(this.#nodes.map(async (node) => node?.kill()));
    this.folder[Symbol.dispose]();
  }
}
