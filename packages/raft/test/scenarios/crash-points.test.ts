import { describe, expect, it } from '@jest/globals';
import { type NodeId, nodeId } from '../../src/core/numbers.ts';
import { COMPACTING, RECOVERY_MS, Stage } from './stage.ts';

/** Each point is tried so often, with other chances of what a crash keeps; more by the environment variable. */
const ROUNDS = Number(process.env['RRMQ_SCENARIO_SEEDS'] ?? 40) > 40 ? 8 : 2;

/** A dead node is started again after so long. */
const DOWN_MS = 30;

/** How a node ends, and whether it does so again while it starts. */
const ENDS = ['power fails', 'kill -9', 'power fails, and again at the start'] as const;
type End = (typeof ENDS)[number];

/** What one node is asked to live through, over and over. `victim` begins to count when the part of interest begins. */
interface Life {
  readonly name: string;
  readonly pointsMin: number;
  readonly play: (victim: Victim, seed: number) => Promise<void>;
}

/** A node that ends at one operation of its disk or its store. */
class Victim {
  /** Operations so far, of those that count. */
  operations = 0;
  readonly #endAt: number;
  readonly #end: End;
  #id: NodeId | undefined;
  #stage: Stage | undefined;
  /** Left until it ends again, while it starts. */
  #untilAgain = 0;

  constructor(endAt: number, end: End) {
    this.#endAt = endAt;
    this.#end = end;
  }

  /** Counts from now on. */
  is(id: NodeId, stage: Stage): void {
    this.#id = id;
    this.#stage = stage;
  }

  /** No more counting: what was to be cut is over. */
  rest(): void {
    this.#id = undefined;
  }

  /** An operation begins: whoever dies now leaves it done, undone or torn. */
  readonly operates = (id: NodeId): void => {
    if (id !== this.#id) return;
    this.operations += 1;
    if (this.operations === this.#endAt) {
      this.#die(id);
      // Somewhere in the recovery, at another place for each point.
      if (this.#end === 'power fails, and again at the start')
        this.#untilAgain = 1 + (this.#endAt % 17);
    } else if (this.#untilAgain > 0) {
      this.#untilAgain -= 1;
      if (this.#untilAgain === 0) this.#die(id);
    }
  };

  #die(id: NodeId): void {
    const cluster = this.#stage?.cluster;
    if (cluster === undefined) return;
    if (this.#end === 'kill -9') cluster.kill(id);
    else cluster.crash(id);
    cluster.world.after(DOWN_MS, () => cluster.start(id));
  }
}

const LIVES: readonly Life[] = [
  {
    name: 'its first start, election and first items',
    pointsMin: 30,
    play: async (victim, seed) => {
      const stage = new Stage(seed, { onDisk: victim.operates, onStore: victim.operates });
      victim.is(nodeId(1), stage);
      await stage.elect(stage.ids, 4 * RECOVERY_MS);
      await load(stage, 3, 10);
      await stage.converge(4 * RECOVERY_MS);
    },
  },
  {
    name: 'append, rotation, flush, mark and compaction of a single node',
    pointsMin: 100,
    play: async (victim, seed) => {
      const options = {
        size: 1,
        node: COMPACTING,
        onDisk: victim.operates,
        onStore: victim.operates,
      };
      const stage = new Stage(seed, options);
      await stage.begin();
      victim.is(nodeId(1), stage);
      await load(stage, 14, 900);
      await stage.run(100);
      await stage.converge(4 * RECOVERY_MS);
      expect(stage.leader.core.compacted).toBeGreaterThan(0);
    },
  },
  {
    name: 'truncation of what another leader did not know',
    pointsMin: 3,
    play: async (victim, seed) => {
      const stage = new Stage(seed, { onDisk: victim.operates, onStore: victim.operates });
      const { core } = await stage.begin();
      stage.cutOff(core.id);
      for (let nth = 0; nth < 3; nth += 1) stage.offer(stage.text(700), stage.node(core.id));
      await stage.run(20);
      await stage.elect(stage.others(core.id), 4 * RECOVERY_MS);
      await stage.commit(2);
      victim.is(core.id, stage);
      stage.heal();
      await stage.converge(4 * RECOVERY_MS);
    },
  },
  {
    name: 'installation of a snapshot',
    pointsMin: 15,
    play: async (victim, seed) => {
      const options = { node: COMPACTING, chunkBytes: 2_000 };
      const stage = new Stage(seed, {
        ...options,
        onDisk: victim.operates,
        onStore: victim.operates,
      });
      const { core } = await stage.begin();
      const away = stage.other(core.id);
      stage.cutOff(away);
      await stage.run(350);
      await stage.compactBeyond(stage.node(away).core.last);
      victim.is(away, stage);
      stage.heal();
      await stage.converge(4 * RECOVERY_MS);
    },
  },
];

/** Items one after the other, whatever becomes of them while the node is down. */
async function load(stage: Stage, count: number, bytes: number): Promise<void> {
  for (let nth = 0; nth < count; nth += 1) {
    await stage.elect(stage.ids, 4 * RECOVERY_MS);
    const offer = stage.offer(stage.text(bytes));
    await stage.until('an item is acknowledged, or nobody is there', () => {
      return offer.outcome !== undefined || stage.maybeLeader() === undefined;
    });
  }
}

describe.each(LIVES)('a node that ends at each operation of $name', ({ play, pointsMin }) => {
  it.each(ENDS)(
    'loses nothing that it acknowledged, and goes on: %s',
    async (end) => {
      const failed: string[] = [];
      let points = 0;
      for (let point = 1; ; point += 1) {
        let reached = false;
        for (let round = 1; round <= ROUNDS && failed.length < 3; round += 1) {
          const victim = new Victim(point, end);
          try {
            await play(victim, round);
          } catch (error) {
            failed.push(
              `point ${point}, seed ${round}: ${error instanceof Error ? error.stack : String(error)}`,
            );
          }
          reached ||= victim.operations >= point;
        }
        if (!reached || failed.length > 2) break;
        points = point;
      }
      expect(failed).toEqual([]);
      if (process.env['RRMQ_SCENARIO_SEEDS']) process.stdout.write(`${points} points: ${end}\n`);
      expect(points).toBeGreaterThanOrEqual(pointsMin);
    },
    120_000,
  );
});
