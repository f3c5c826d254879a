import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DevNode, type LogLine } from './dev-node.ts';
import { type DevPlan, configText } from './dev-plan.ts';

/** Nodes stop within 4 s by themselves. */
const STOP_MS_MAX = 6_000;

export interface ClusterHandlers {
  /** A node listens. */
  listened(): void;
  /** A node took the lead. */
  led(node: DevNode): void;
  /** A node logged a warning or worse. */
  complained(node: DevNode, line: LogLine): void;
  /** A node ended though nobody told it to. */
  died(node: DevNode): void;
}

/** The processes of a local cluster. */
export class DevCluster {
  readonly nodes: readonly DevNode[];
  readonly #handlers: ClusterHandlers;
  readonly #unheard: Set<DevNode>;
  #stopping = false;

  /** Starts all nodes. */
  constructor(plan: DevPlan, handlers: ClusterHandlers) {
    this.#handlers = handlers;
    const config = join(plan.folder, 'config.json');
    mkdirSync(plan.folder, { recursive: true });
    writeFileSync(config, configText(plan));
    this.nodes = plan.addresses.map(({ ip, port }, index) => {
      const id = index + 1;
      const directory = dataDirectory(plan, index);
      return new DevNode({
        id,
        url: `http://${ip}:${port}`,
        args: [config, String(index), '--data-dir', directory, '--log-format', 'json'],
        logFile: `${directory}.log`,
        onLine: (node, line) => this.#heard(node, line),
      });
    });
    this.#unheard = new Set(this.nodes);
    for (const node of this.nodes) void this.#watch(node);
  }

  /** The node that leads with the highest term, as far as the nodes said. */
  get leader(): DevNode | undefined {
    return this.nodes
      .filter(({ role, exit }) => role === 'leader' && exit === undefined)
      .toSorted((a, b) => b.term - a.term)[0];
  }

  /** All nodes listen and one of them leads. */
  get isUp(): boolean {
    return this.#unheard.size === 0 && this.leader !== undefined;
  }

  /** Tells all nodes to stop; those that do not are killed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const node of this.nodes) node.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), STOP_MS_MAX);
    await Promise.all(this.nodes.map(({ exited }) => exited));
    clearTimeout(timer);
  }

  /** Ends all nodes at once. */
  kill(): void {
    this.#stopping = true;
    for (const node of this.nodes) node.kill('SIGKILL');
  }

  #heard(node: DevNode, line: LogLine): void {
    if (this.#stopping) return;
    if (line.event === 'listening') {
      this.#unheard.delete(node);
      this.#handlers.listened();
    }
    if (line.event === 'role-changed' && line.role === 'leader') this.#handlers.led(node);
    if (['warn', 'error', 'fatal'].includes(line.level)) this.#handlers.complained(node, line);
  }

  async #watch(node: DevNode): Promise<void> {
    await node.exited;
    if (!this.#stopping) this.#handlers.died(node);
  }
}

/** Whether an earlier run left data. */
export function hasData(plan: DevPlan): boolean {
  try {
    return readdirSync(dataDirectory(plan, 0)).length > 0;
  } catch {
    return false;
  }
}

function dataDirectory({ folder }: DevPlan, index: number): string {
  return join(folder, `node-${index + 1}`);
}
