import { type Command, type QueueResult, commandEffect, encodeCommand } from '@rrmq/queue';
import type { Outcome } from '@rrmq/raft';
import type { SimRandom } from '@rrmq/raft/testing';
import type { Audit } from '../audit/audit.ts';
import type { Boot, Cluster } from '../cluster.ts';
import type { Log } from '../timeline/moment.ts';

/** How long a client waits for an answer before it calls the outcome unknown. */
export const PATIENCE_MS = 750;

/** Before the next attempt, up to so many ms. */
const RETRY_MS = 150;

/** The part of the calls that goes to any node, whoever leads. */
const ASTRAY = 0.1;

/** What all who call have to do with. */
export interface CallerWorld {
  readonly cluster: Cluster;
  readonly audit: Audit;
  readonly log: Log | undefined;
}

/** How clients reach the cluster. What a client is told of its command is held against the log. */
export class Caller {
  readonly name: string;
  readonly random: SimRandom;
  readonly #world: CallerWorld;

  constructor(name: string, world: CallerWorld) {
    this.name = name;
    this.#world = world;
    this.random = world.cluster.random.fork();
  }

  later(act: () => void, withinMs = RETRY_MS): void {
    this.#world.cluster.world.after(this.random.next() * withinMs, act);
  }

  tell(topic: string, what: string): void {
    const { log, cluster } = this.#world;
    log?.({ atMs: cluster.world.now(), who: this.name, what: `${what} (${topic})` });
  }

  /** Offers to the leader, if one is known, sometimes to anybody. Exactly one outcome comes back. */
  offer(command: Command, done: (outcome: Outcome<QueueResult>) => void): void {
    const target = this.target();
    if (target === undefined) {
      this.later(() => done({ kind: 'refused', reason: 'not-leader' }));
      return;
    }
    this.offerTo(target, command, done);
  }

  offerTo(target: Boot, command: Command, done: (outcome: Outcome<QueueResult>) => void): void {
    const bytes = encodeCommand(command);
    let answered = false;
    const answer = (outcome: Outcome<QueueResult>): void => {
      if (outcome.kind === 'committed') this.#world.audit.told(bytes, outcome);
      if (answered) return;
      answered = true;
      callOff();
      done(outcome);
    };
    const { world } = this.#world.cluster;
    const callOff = world.after(PATIENCE_MS, () => answer({ kind: 'unknown' }));
    // A paused process takes the request from its socket when it goes on.
    target.process.run(() => target.node.propose(bytes, answer, commandEffect(command)));
  }

  target(): Boot | undefined {
    const { running } = this.#world.cluster;
    const [first, ...others] = running;
    if (first === undefined) return undefined;
    const anybody = this.random.pick([first, ...others]);
    if (this.random.chance(ASTRAY)) return anybody;
    // Clients cannot tell a leader from one that does not know yet that it was deposed.
    const [leader, ...deposed] = running.filter(({ core }) => core.role === 'leader');
    return leader === undefined ? anybody : this.random.pick([leader, ...deposed]);
  }
}
