import { setTimeout as delay } from 'node:timers/promises';
import { Cluster } from '../cluster/cluster.ts';
import { type DataSize, measureData } from '../machine/data-size.ts';
import { readProcessMemory } from '../machine/process-usage.ts';
import type { Progress } from '../progress.ts';
import { formatCount } from '../quantities.ts';
import type { Resources } from '../resources.ts';
import { type Stretch, consume, publishAll } from './backlog-load.ts';
import { V1Lane } from './v1-lane.ts';
import { encodeCreateTopic, encodeGetTopic, readyIn } from './v1-requests.ts';

export interface BacklogJob {
  readonly nodes: number;
  readonly messages: number;
  readonly messageBytes: number;
  readonly connections: number;
  readonly parentDirectory: string;
}

/** What a node held and how much disk it took. */
export interface NodeState extends DataSize {
  /** At the end, and the most that was seen. */
  readonly anonymousBytes: number | undefined;
  readonly peakAnonymousBytes: number | undefined;
}

/** What came of one cluster. */
export interface BacklogFigures {
  readonly job: BacklogJob;
  /** The first messages, and the last ones of the backlog. */
  readonly firstPublishes: Stretch;
  readonly lastPublishes: Stretch;
  /** From a topic that holds little, and from the backlog. */
  readonly fewConsumed: Stretch;
  readonly manyConsumed: Stretch;
  /** Before anything was published. */
  readonly idle: readonly NodeState[];
  /** With the whole backlog. */
  readonly full: readonly NodeState[];
  /** From the start of the processes until the leader shows the whole backlog: after SIGTERM, after SIGKILL. */
  readonly restartMs: number;
  readonly recoveryMs: number;
  /** After both restarts: with all that was read at the start. */
  readonly restarted: readonly NodeState[];
  /** Messages that are missing after them, or are too many. */
  readonly wrong: number;
  readonly retries: number;
}

const TOPIC = 'backlog';
const FEW_TOPIC = 'few';
/** Parts of the backlog whose rates are compared. */
const PARTS = 10;
const CONSUMED_MAX = 100_000;
const SAMPLE_MS = 250;
const SETTLE_MS = 2000;

/** Builds a backlog in a fresh cluster and looks at what it costs. */
export async function measureBacklog(
  job: BacklogJob,
  resources: Resources,
  progress: Progress,
): Promise<BacklogFigures> {
  const { nodes: size, parentDirectory } = job;
  const cluster = await Cluster.prepare({ size, parentDirectory }, resources);
  await cluster.start();
  const run = new BacklogRun(job, cluster, progress);
  try {
    return await run.measure();
  } finally {
    run.end();
    await cluster.kill();
  }
}

class BacklogRun {
  readonly #job: BacklogJob;
  readonly #cluster: Cluster;
  readonly #progress: Progress;
  readonly #lanes: readonly V1Lane[];
  readonly #peaks: number[];
  readonly #sampler: NodeJS.Timeout;

  constructor(job: BacklogJob, cluster: Cluster, progress: Progress) {
    this.#job = job;
    this.#cluster = cluster;
    this.#progress = progress;
    const leaderPort = async () => (await cluster.leader()).port;
    this.#lanes = Array.from({ length: job.connections }, () => new V1Lane(leaderPort));
    this.#peaks = cluster.nodes.map(() => 0);
    this.#sampler = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  async measure(): Promise<BacklogFigures> {
    const { messages } = this.#job;
    const few = Math.min(CONSUMED_MAX, Math.ceil(messages / PARTS));
    await delay(SETTLE_MS);
    const idle = this.#states();
    await this.#send(encodeCreateTopic(TOPIC));
    await this.#send(encodeCreateTopic(FEW_TOPIC));
    await this.#publish(FEW_TOPIC, few);
    const fewConsumed = await consume(this.#lanes, { topic: FEW_TOPIC, messages: few });
    const publishes: Stretch[] = [];
    for (let part = 1; part <= PARTS; part += 1) {
      this.#show(`published ${formatCount(((part - 1) * messages) / PARTS)} messages`);
      publishes.push(await this.#publish(TOPIC, Math.ceil(messages / PARTS)));
    }
    await delay(SETTLE_MS);
    const full = this.#states();
    const manyConsumed = await consume(this.#lanes, { topic: TOPIC, messages: few });
    const left = await this.#ready();
    const restartMs = await this.#restart('SIGTERM');
    const recoveryMs = await this.#restart('SIGKILL');
    const published = publishes.reduce((sum, stretch) => sum + stretch.messages, 0);
    return {
      job: this.#job,
      firstPublishes: publishes[0] ?? NOTHING,
      lastPublishes: publishes.at(-1) ?? NOTHING,
      fewConsumed,
      manyConsumed,
      idle,
      full,
      restartMs,
      recoveryMs,
      restarted: this.#states(),
      wrong:
        Math.abs(published - manyConsumed.messages - left) + Math.abs((await this.#ready()) - left),
      retries: this.#lanes.reduce((sum, { retries }) => sum + retries, 0),
    };
  }

  end(): void {
    clearInterval(this.#sampler);
    for (const lane of this.#lanes) lane.close();
  }

  async #publish(topic: string, messages: number): Promise<Stretch> {
    const { messageBytes } = this.#job;
    return publishAll(this.#lanes, { topic, messages, messageBytes });
  }

  /** Ends all nodes and starts them; how long it takes until the leader serves the backlog, in ms. */
  async #restart(by: 'SIGTERM' | 'SIGKILL'): Promise<number> {
    this.#show(`restart after ${by}`);
    const { nodes } = this.#cluster;
    await Promise.all(nodes.map(async (node) => (by === 'SIGTERM' ? node.stop() : node.kill())));
    for (const lane of this.#lanes) lane.close();
    const startedMs = performance.now();
    await this.#cluster.start();
    await this.#ready();
    return performance.now() - startedMs;
  }

  async #ready(): Promise<number> {
    return readyIn(await this.#send(encodeGetTopic(TOPIC)));
  }

  async #send(request: Buffer): Promise<string> {
    const [lane] = this.#lanes;
    if (lane === undefined) throw new RangeError('a backlog needs a connection');
    return lane.send(request);
  }

  #sample(): void {
    for (const [at, node] of this.#cluster.nodes.entries()) {
      const bytes = node.isRunning ? readProcessMemory(node.pid)?.anonymousBytes : undefined;
      this.#peaks[at] = Math.max(this.#peaks[at] ?? 0, bytes ?? 0);
    }
  }

  #states(): NodeState[] {
    this.#sample();
    return this.#cluster.nodes.map((node, at) => ({
      ...measureData(node.dataDirectory),
      anonymousBytes: readProcessMemory(node.pid)?.anonymousBytes,
      peakAnonymousBytes: this.#peaks[at],
    }));
  }

  #show(text: string): void {
    this.#progress.show(`${this.#job.nodes} nodes: ${text}`);
  }
}

const NOTHING: Stretch = { messages: 0, seconds: 0 };
