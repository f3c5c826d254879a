import { ExitCode } from '../exit-code.ts';
import { NodeFailure } from '../node-failure.ts';
import { DevCluster, hasData } from './dev-cluster.ts';
import type { DevNode } from './dev-node.ts';
import { requireFreePorts } from './dev-ports.ts';
import { type DevFlags, type DevPlan, planDevCluster, shortPath } from './dev-plan.ts';
import {
  DevScreen,
  checkLine,
  curlLines,
  deathLines,
  earlierDataLine,
  tableOf,
} from './dev-screen.ts';
import { EndRequest } from './end-request.ts';
import { checkCluster, listTopics } from './self-check.ts';

/** A leader is there in well under a second; this is for machines that swap. */
const UP_MS_MAX = 20_000;

/** Runs a local cluster until somebody ends it. Resolves to the exit code. */
export async function devCommand(flags: DevFlags): Promise<ExitCode> {
  const screen = new DevScreen();
  try {
    const plan = planDevCluster(flags);
    await requireFreePorts(plan);
    return await new DevRun(plan, screen).run();
  } catch (error) {
    if (!(error instanceof NodeFailure)) throw error;
    screen.complain(`rrmq-node dev: ${error.message}`, error.advice);
    return error.exitCode;
  }
}

/** One run, from the first process to the last. */
class DevRun {
  readonly #plan: DevPlan;
  readonly #screen: DevScreen;
  readonly #hadData: boolean;
  readonly #end = new EndRequest();
  readonly #cluster: DevCluster;
  #isShown = false;
  #whenUp: () => void = () => undefined;
  #whenDead: (node: DevNode) => void = () => undefined;

  constructor(plan: DevPlan, screen: DevScreen) {
    this.#plan = plan;
    this.#screen = screen;
    this.#hadData = hasData(plan);
    screen.say(`Starting ${countOf(plan)} with data in ${shortPath(plan.folder)} …`);
    this.#cluster = new DevCluster(plan, {
      led: (node) => this.#led(node),
      complained: (node, { text }) => screen.complain(`node ${node.id}: ${text}`),
      died: (node) => this.#died(node),
      listened: () => this.#whenUp(),
    });
    this.#end.onImpatience(() => this.#cluster.kill());
  }

  async run(): Promise<ExitCode> {
    const ended = this.#end.requested;
    try {
      await Promise.race([this.#start(), ended]);
    } catch (error) {
      await this.#cluster.stop();
      throw error;
    }
    const reason = await Promise.race([ended, this.#allDead()]);
    if (reason === undefined) return this.#giveUp();
    this.#screen.say('', `Stopping ${countOf(this.#plan)} (${reason}) …`);
    await this.#cluster.stop();
    this.#screen.say(...this.#farewell());
    return ExitCode.done;
  }

  async #start(): Promise<void> {
    await this.#up();
    await checkCluster(() => this.#cluster.leader?.url);
    const topics = await listTopics(() => this.#cluster.leader?.url);
    this.#show(topics);
  }

  /** Resolves when all nodes listen and one leads; rejects when one ends before, or nothing comes of it. */
  #up(): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = new NodeFailure(
        `The cluster has no leader after ${UP_MS_MAX / 1000} s.`,
        ExitCode.failure,
        `The log files in ${shortPath(this.#plan.folder)} say more.`,
      );
      const timer = setTimeout(() => reject(late), UP_MS_MAX);
      this.#whenUp = () => {
        if (!this.#cluster.isUp) return;
        clearTimeout(timer);
        resolve();
      };
      this.#whenDead = (node) => {
        clearTimeout(timer);
        reject(startFailure(node));
      };
    });
  }

  #show(topics: readonly string[]): void {
    const { leader, nodes } = this.#cluster;
    if (leader === undefined) return;
    this.#isShown = true;
    this.#screen.say(
      '',
      ...tableOf(nodes),
      '',
      checkLine(),
      ...(this.#hadData ? [earlierDataLine(this.#plan, topics)] : []),
      '',
      'Try it, in another terminal (the leader answers these calls):',
      ...curlLines(leader, topics),
      '',
      'Ctrl-C stops the cluster.',
    );
  }

  #led(node: DevNode): void {
    this.#whenUp();
    if (!this.#isShown) return;
    this.#screen.say(`Node ${node.id} leads now (term ${node.term}): call ${node.url}`);
  }

  #died(node: DevNode): void {
    this.#whenDead(node);
    if (this.#isShown) this.#screen.complain('', ...deathLines(node, this.#cluster.nodes));
  }

  async #allDead(): Promise<undefined> {
    await Promise.all(this.#cluster.nodes.map(({ exited }) => exited));
  }

  #giveUp(): ExitCode {
    this.#screen.complain('All nodes that were started here are gone.');
    return ExitCode.failure;
  }

  #farewell(): string[] {
    const killed = this.#cluster.nodes.filter(({ exit }) => exit?.code !== 0);
    const names = killed.map(({ id }) => `node ${id}`).join(', ');
    return [
      ...(killed.length > 0 ? [`Not cleanly: ${names}. What was acknowledged is on disk.`] : []),
      `All nodes are stopped. The data stays in ${shortPath(this.#plan.dataDir)}.`,
    ];
  }
}

/** A node ended while the cluster was started: its own last words say why. */
function startFailure({ id, exit, tail, logFile }: DevNode): NodeFailure {
  const how = exit?.signal ?? `exit code ${exit?.code}`;
  const lines = tail.map((line) => `  | ${line}`).join('\n');
  const known: readonly number[] = Object.values(ExitCode);
  const code = exit?.code ?? ExitCode.failure;
  const exitCode = known.includes(code) && code !== 0 ? (code as ExitCode) : ExitCode.failure;
  const message = `Node ${id} ended while the cluster was starting (${how}):\n${lines}`;
  return new NodeFailure(
    message,
    exitCode,
    `All nodes were stopped. Its log: ${shortPath(logFile)}`,
  );
}

function countOf({ addresses: { length } }: DevPlan): string {
  return length === 1 ? '1 node' : `${length} nodes`;
}
