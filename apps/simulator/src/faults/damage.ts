import type { NodeId } from '@rrmq/raft';
import { DIRECTORY, type SimRandom, lastFrame } from '@rrmq/raft/testing';
import type { Trouble } from './trouble.ts';

/** Until operators see to a node whose disk is bad, in ms. */
const NOTICED_MS = [100, 3_000] as const;

/** A fault that finds the cluster in no state for it waits for a better moment, so often and so long. */
const ATTEMPTS = 50;
const ATTEMPT_MS = 100;

/** Places that are drawn until one may be damaged. */
const FLIPS_TRIED = 16;

/** Part of the flips that may hit a place where nothing was written. */
const EMPTY = 0.2;

type Core = Trouble['cluster']['running'][number]['core'];

/** The node that was damaged, until it is replaced or has turned out to be whole. */
interface Damaged {
  readonly id: NodeId;
}

/**
 * Faults that destroy what was durable. No consensus survives the loss of a majority's disks, so there is one such node
 * at a time, only among at least three voters and while no other change of membership is under way; until it is
 * replaced by a new member it is never elected and never counted: what it held is on a quorum less one, and any
 * quorum of the others includes one of those.
 */
export class Damage {
  readonly #trouble: Trouble;
  #damaged: Damaged | undefined;

  constructor(trouble: Trouble) {
    this.#trouble = trouble;
  }

  /** The disk of a node is replaced by an empty one. Under its old id it is refused; a new node takes its place. */
  wipe(random: SimRandom): void {
    this.#whenBearable(random, ATTEMPTS, ({ id }) => {
      const { cluster } = this.#trouble;
      const [founder, ...others] = cluster.founders;
      // With an empty disk, the one node of a config file begins that cluster of one anew, and there is nobody whom it
      // could ask: its operators must know.
      if (id === founder && others.length === 0) return this.#over();
      this.#trouble.end(id, 'crash');
      cluster.wipe(id);
      this.#trouble.storeOf(id)?.wipe();
      cluster.world.after(random.between(...NOTICED_MS), () => cluster.start(id));
      cluster.world.after(2 * random.between(...NOTICED_MS), () => this.#replace(id, random));
      return undefined;
    });
  }

  /**
   * One bit of a file turns while its node is down. Nothing may be turned in the last frame of the log: that is the one
   * place where damage cannot be told from a write that was cut off by a loss of power, so the product does not
   * promise to notice it.
   */
  flip(random: SimRandom): void {
    this.#whenBearable(random, ATTEMPTS, (damaged) => {
      const { id } = damaged;
      this.#trouble.end(id, random.chance(0.5) ? 'crash' : 'kill');
      void this.#flipOne(id, random);
      const downMs = random.between(...NOTICED_MS);
      this.#trouble.cluster.world.after(downMs, () => this.#trouble.cluster.start(id));
      this.#trouble.cluster.world.after(downMs + random.between(...NOTICED_MS), () =>
        this.#judge(damaged, random),
      );
    });
  }

  /** A node has read its whole log, and found nothing wrong. */
  opened(id: NodeId): void {
    const { ends, marks } = this.#trouble;
    if (!ends.flipped.has(id) || ends.refusing.has(id)) return;
    ends.flipped.delete(id);
    this.#over();
    marks.add('flip-without-effect');
  }

  async #flipOne(id: NodeId, random: SimRandom): Promise<void> {
    const disk = this.#trouble.cluster.diskOf(id);
    const last = await lastFrame(disk.mount(), DIRECTORY);
    const files = [...(disk.image().get(DIRECTORY) ?? [])].filter(([, { length }]) => length > 0);
    const [first, ...others] = files;
    if (last === undefined || first === undefined) return this.#over();
    for (let attempt = 0; attempt < FLIPS_TRIED; attempt += 1) {
      const [name, contents] = random.pick([first, ...others]);
      const offset = someOffset(contents, random);
      if (name === last.file && offset >= last.from && offset < last.to) continue;
      disk.flipBit(`${DIRECTORY}/${name}`, offset, random.between(0, 7));
      this.#trouble.ends.flipped.set(id, name);
      return undefined;
    }
    return this.#over();
  }

  /** Operators look after a node that was damaged: it refuses to start, or it did not mind. */
  #judge(damaged: Damaged, random: SimRandom): void {
    const { ends, cluster } = this.#trouble;
    if (this.#damaged !== damaged) return;
    if (ends.refusing.has(damaged.id)) return this.#replace(damaged.id, random);
    // Paused, or down for another reason: it has not been able to tell.
    cluster.world.after(NOTICED_MS[1], () => this.#judge(damaged, random));
  }

  #replace(id: NodeId, random: SimRandom): void {
    const { members, marks, ends } = this.#trouble;
    members.replace(id, random, () => {
      marks.add('node-replaced');
      ends.flipped.delete(id);
      ends.refusing.delete(id);
      this.#over();
    });
  }

  #over(): void {
    this.#damaged = undefined;
    this.#trouble.members.goOn();
  }

  #whenBearable(random: SimRandom, attempts: number, strike: (damaged: Damaged) => void): void {
    const ids = this.#bearable();
    const [first, ...others] = ids;
    if (first !== undefined) {
      const damaged = { id: random.pick([first, ...others]) };
      this.#damaged = damaged;
      this.#trouble.members.wait();
      strike(damaged);
    } else if (attempts > 0) {
      this.#trouble.later(ATTEMPT_MS, () => this.#whenBearable(random, attempts - 1, strike));
    }
  }

  /** The members of which one may lose its disk now. */
  #bearable(): readonly NodeId[] {
    const { cluster, members } = this.#trouble;
    if (this.#damaged !== undefined || !members.isQuiet) return [];
    const cores = cluster.running.map(({ core }) => core);
    const leader = this.#trouble.leader?.core;
    if (leader === undefined || cores.length < cluster.ids.length) return [];
    const { configuration } = leader;
    const { voters, promoting } = configuration;
    if (!cores.every((core) => agrees(core, leader))) return [];
    if (voters.length < 3 || promoting.length > 0) return [];
    return configuration.members.map(({ id }) => id).filter((id) => cluster.ids.includes(id));
  }
}

function agrees(core: Core, leader: Core): boolean {
  return core.isSettled && core.configurationIndex === leader.configurationIndex;
}

/** Mostly where something stands: much of a segment is prepared and empty. */
function someOffset(contents: Buffer, random: SimRandom): number {
  const offset = random.between(0, contents.length - 1);
  if (random.chance(EMPTY)) return offset;
  const isWritten = (byte: number): boolean => byte !== 0;
  const after = contents.subarray(offset).findIndex(isWritten);
  return after < 0 ? Math.max(0, contents.findLastIndex(isWritten)) : offset + after;
}
