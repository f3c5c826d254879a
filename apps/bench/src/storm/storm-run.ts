import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '../cluster/cluster.ts';
import type { Progress } from '../progress.ts';
import { formatCount } from '../quantities.ts';
import { Consumer, type Settlements, noSettlements } from './consuming.ts';
import { Faults } from './faults.ts';
import { LeaderLane } from '../load/leader-lane.ts';
import { type NodeState, statsOfEachNode, storedStates } from './node-states.ts';
import { publishBatches } from './publishing.ts';
import { checkStates, checkStats } from './storm-checks.ts';
import { type Kill, killNodes } from './storm-kills.ts';
import { StormLedger, type Totals } from './storm-ledger.ts';
import { StormPace } from './storm-pace.ts';
import type { DeadLetter, Stats } from './storm-requests.ts';
import { deadIn, encodeCreate, encodeDead, encodeShow, statsIn } from './storm-requests.ts';

/** What a storm was like. */
export interface StormFigures {
  readonly totals: Totals;
  readonly settlements: Settlements;
  readonly kills: readonly Kill[];
  /** From the first publish to the last ack, without the checks. */
  readonly stormSeconds: number;
  /** Tries without success, by what came instead. */
  readonly failures: Readonly<Record<string, number>>;
  readonly deaths: Readonly<Record<string, number>>;
  /** By each node's state. */
  readonly stats: readonly Stats[];
  readonly states: readonly NodeState[];
}

export interface StormLoad {
  readonly messages: number;
  readonly kills: number;
  readonly producers: number;
  readonly consumers: number;
}

const DRAIN_POLL_MS = 250;
const SHOW_MS = 1000;

/** One storm over a cluster that was started for it, and the account of it. */
export class StormRun {
  readonly faults = new Faults();
  readonly #cluster: Cluster;
  readonly #load: StormLoad;
  readonly #progress: Progress;
  readonly #ledger: StormLedger;
  readonly #pace: StormPace;
  readonly #settlements = noSettlements();
  readonly #lanes: LeaderLane[] = [];

  constructor(cluster: Cluster, load: StormLoad, progress: Progress) {
    this.#cluster = cluster;
    this.#load = load;
    this.#progress = progress;
    this.#ledger = new StormLedger(load, this.faults);
    this.#pace = new StormPace(load.messages, load.kills);
  }

  async run(): Promise<StormFigures> {
    const lane = this.#newLane();
    await lane.persist(encodeCreate());
    const startedMs = performance.now();
    const kills = await this.#storm(lane);
    const stormSeconds = (performance.now() - startedMs) / 1000;
    this.#progress.show('reading dead letters and counts');
    const deaths = await this.#readDead(lane);
    const totals = this.#ledger.account();
    const stats = await statsOfEachNode(this.#cluster, lane);
    checkStats(stats, totals, this.faults);
    this.#progress.show('waiting until all is stored, up to 6 minutes');
    const states = await storedStates(this.#cluster);
    checkStates(states, this.faults);
    for (const each of this.#lanes) each.close();
    const failures = this.#failures();
    const settlements = this.#settlements;
    return { totals, settlements, kills, stormSeconds, failures, deaths, stats, states };
  }

  /** Until everything is published, everybody was killed who should be, and nothing is left to be received. */
  async #storm(lane: LeaderLane): Promise<Kill[]> {
    const { producers, consumers, kills } = this.#load;
    const show = setInterval(() => this.#show(), SHOW_MS);
    const work = { plan: this.#load, ledger: this.#ledger, pace: this.#pace };
    const publishing = Array.from({ length: producers }, async (_, producer) =>
      publishBatches(producer, this.#newLane(), work),
    );
    const parties = { ledger: this.#ledger, faults: this.faults };
    const consuming = Array.from(
      { length: consumers },
      () => new Consumer(this.#newLane(), parties, this.#settlements),
    );
    const over = (async () => {
      const [killed] = await Promise.all([
        killNodes(this.#cluster, kills, this.#pace),
        ...publishing,
      ]);
      await untilDrained(lane);
      for (const consumer of consuming) consumer.end();
      return killed;
    })();
    try {
      const [killed] = await Promise.all([over, ...consuming.map((each) => each.run())]);
      return killed;
    } finally {
      clearInterval(show);
    }
  }

  async #readDead(lane: LeaderLane): Promise<Record<string, number>> {
    const deaths: Record<string, number> = {};
    let cursor: string | null = '0';
    while (cursor !== null) {
      const page: { messages: readonly DeadLetter[]; nextCursor: string | null } = deadIn(
        await lane.persist(encodeDead(cursor)),
      );
      for (const letter of page.messages) {
        this.#ledger.dead(letter);
        deaths[letter.death.reason] = (deaths[letter.death.reason] ?? 0) + 1;
      }
      cursor = page.nextCursor;
    }
    return deaths;
  }

  #failures(): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const [what, count] of this.#lanes.flatMap(({ failures }) => [...failures])) {
      sums[what] = (sums[what] ?? 0) + count;
    }
    return sums;
  }

  #newLane(): LeaderLane {
    const lane = new LeaderLane(this.#cluster.nodes.map(({ port }) => port));
    this.#lanes.push(lane);
    return lane;
  }

  #show(): void {
    const { done } = this.#settlements;
    const published = formatCount(this.#pace.published);
    this.#progress.show(`published ${published}, acked ${formatCount(done.ack)}`);
  }
}

async function untilDrained(lane: LeaderLane): Promise<void> {
  for (;;) {
    const { ready, leased, delayed } = statsIn(await lane.persist(encodeShow()));
    if (ready + leased + delayed === 0) return;
    await delay(DRAIN_POLL_MS);
  }
}
