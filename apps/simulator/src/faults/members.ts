import type { MembershipChange, MembershipOutcome, NodeId } from '@rrmq/raft';
import type { SimRandom } from '@rrmq/raft/testing';
import type { Cluster } from '../cluster.ts';

/** More nodes than this are not simulated at one time, and fewer voters are not left. */
const NODES_MAX = 7;
const VOTERS_MIN = 1;

/** A change that is not over is asked for again after this, until it is refused for good or done. */
const RETRY_MS = 200;

/** Without an answer for so long, the outcome of a change is called unknown. */
const PATIENCE_MS = 3_000;

type Boot = Cluster['running'][number];
type Add = Extract<MembershipChange, { kind: 'add' }>;
type Done = Extract<MembershipOutcome, { kind: 'done' }>;

/** What operators do to a simulated cluster: nodes join, leave and are replaced, leadership is handed over. */
export class Members {
  /** Changes that came into force, by kind. */
  readonly counts = new Map<string, number>();
  readonly #cluster: Cluster;
  #stopped = false;
  #waits = false;
  /** Changes that were asked for and are neither done nor given up. */
  #underWay = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** No change is under way any more. */
  get isQuiet(): boolean {
    return this.#underWay === 0 && !this.#waits;
  }

  /** Begins no changes until `goOn`: operators have seen that a node is bad, and see to that first. */
  wait(): void {
    this.#waits = true;
  }

  goOn(): void {
    this.#waits = false;
  }

  /** Begins no more changes; those under way are brought to their end. */
  stop(): void {
    this.#stopped = true;
  }

  /** One more node, perhaps in the place of another. */
  join(random: SimRandom): void {
    if (!this.#mayBegin || this.#cluster.ids.length >= NODES_MAX) return;
    const address = this.#cluster.newAddress();
    const instanceId = newInstanceId(random);
    const replaces = random.chance(0.3) ? this.#anybody(random) : undefined;
    const as = random.chance(0.8) ? 'voter' : 'learner';
    const change: Add = {
      kind: 'add',
      address,
      instanceId,
      as,
      replaces: as === 'voter' ? replaces : undefined,
    };
    this.#change(change, (outcome, leader) => {
      if (outcome.id === undefined) return;
      this.#count(replaces === undefined || as === 'learner' ? `join as ${as}` : 'replace');
      this.#joined(outcome, leader, change);
    });
  }

  /** The node that was added begins, unless it did already. */
  #joined({ id, configuration }: Done, leader: Boot, { instanceId, address }: Add): void {
    if (id === undefined || instanceId === undefined || this.#cluster.ids.includes(id)) return;
    const { clusterId, clusterEpoch } = leader.node.identity;
    this.#cluster.join({ nodeId: id, clusterId, clusterEpoch, instanceId, configuration }, address);
  }

  /** One or two nodes leave, the leader perhaps among them. */
  leave(random: SimRandom): void {
    if (!this.#mayBegin) return;
    const voters = this.#leader()?.core.configuration.voters ?? [];
    const count = random.chance(0.3) ? 2 : 1;
    if (voters.length - count < VOTERS_MIN) return;
    const ids = Array.from({ length: count }, () => this.#anybody(random));
    this.#change({ kind: 'remove', ids }, () => this.#count('leave'));
  }

  /**
   * A node that lost its disk, or whose disk is damaged, gives its place to a new one, whatever it takes; also when no
   * more changes are begun.
   */
  replace(id: NodeId, random: SimRandom, done: () => void): void {
    this.#underWay += 1;
    const isVoter = this.#leader()?.core.configuration.voters.includes(id) !== false;
    const change: MembershipChange = isVoter
      ? {
          kind: 'add',
          address: this.#cluster.newAddress(),
          instanceId: newInstanceId(random),
          as: 'voter',
          replaces: id,
        }
      : { kind: 'remove', ids: [id] };
    let asked = false;
    const look = (): void => {
      const leader = this.#leader();
      if (leader !== undefined && this.#isRemoved(leader, id)) {
        this.#cluster.retire(id);
        this.#underWay -= 1;
        this.#count('repair');
        return done();
      }
      if (leader === undefined || asked) return this.#later(look);
      return this.#ask(leader, change, (outcome) => {
        if (outcome.kind === 'done' && change.kind === 'add' && !asked) {
          this.#joined(outcome, leader, change);
          asked = true;
        }
        this.#later(look);
      });
    };
    look();
  }

  get #mayBegin(): boolean {
    return !this.#stopped && !this.#waits && this.#underWay === 0;
  }

  #later(act: () => void): void {
    this.#cluster.world.after(RETRY_MS, act);
  }

  #isRemoved({ core }: Boot, id: NodeId): boolean {
    const { members, nextId } = core.configuration;
    return core.isSettled && id < nextId && !members.some((member) => member.id === id);
  }

  promote(): void {
    const learners = this.#leader()?.core.configuration.learners ?? [];
    if (!this.#mayBegin || learners.length === 0) return;
    this.#change({ kind: 'promote', ids: learners }, () => this.#count('promote'));
  }

  transfer(random: SimRandom): void {
    if (this.#stopped) return;
    const target = random.chance(0.5) ? this.#anybody(random) : undefined;
    void this.#leader()
      ?.node.admin.transfer(target)
      .then(({ kind }) => this.#count(`transfer ${kind}`));
  }

  /** Nodes that were removed end; a real operator stops them, too. */
  retireRemoved(): void {
    const leader = this.#leader();
    if (leader === undefined || !leader.core.isSettled) return;
    const { members, nextId } = leader.core.configuration;
    for (const id of this.#cluster.ids) {
      if (id < nextId && !members.some((member) => member.id === id)) this.#cluster.retire(id);
    }
  }

  #change(change: MembershipChange, done: (outcome: Done, leader: Boot) => void): void {
    this.#underWay += 1;
    const again = (): void => void this.#cluster.world.after(RETRY_MS, attempt);
    const attempt = (): void => {
      const leader = this.#leader();
      if (leader === undefined) return again();
      return this.#ask(leader, change, (outcome) => {
        if (outcome.kind === 'unknown' || isPassing(outcome)) return again();
        this.#underWay -= 1;
        if (outcome.kind === 'done') done(outcome, leader);
        else this.#count(`refused ${outcome.reason}`);
        return undefined;
      });
    };
    attempt();
  }

  /** Exactly one outcome comes back, also when the process that was asked dies. */
  #ask(leader: Boot, change: MembershipChange, done: (outcome: MembershipOutcome) => void): void {
    let answered = false;
    const answer = (outcome: MembershipOutcome): void => {
      if (answered) return;
      answered = true;
      done(outcome);
    };
    leader.process.run(() => leader.node.admin.changeMembers(change, answer));
    this.#cluster.world.after(PATIENCE_MS, () => answer({ kind: 'unknown' }));
  }

  #leader(): Boot | undefined {
    return this.#cluster.leader;
  }

  #anybody(random: SimRandom): NodeId {
    const [first, ...others] = this.#cluster.ids;
    if (first === undefined) throw new RangeError('a cluster has nodes');
    return random.pick([first, ...others]);
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}

const newInstanceId = (random: SimRandom): string =>
  Array.from({ length: 32 }, () => random.between(0, 9)).join('');

/** Refusals that a moment may end. */
const PASSING: ReadonlySet<string> = new Set([
  'not-leader',
  'unconfirmed',
  'transferring',
  'change-in-progress',
  'stopping',
]);

const isPassing = (outcome: MembershipOutcome): boolean =>
  outcome.kind === 'refused' && PASSING.has(outcome.reason);
