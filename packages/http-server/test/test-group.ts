import { type NewMessage, QueueMachine, type QueueResult, encodeCommand } from '@rrmq/queue';
import {
  type Group,
  type GroupStatus,
  type Member,
  type Outcome,
  type ReadOutcome,
  type RefusalReason,
  logIndex,
  logTime,
  nodeId,
  term,
} from '@rrmq/raft';

/** How the group treats what it is offered. */
export type Behaviour =
  | 'commit'
  /** Executes it and says nothing until `release`. */
  | 'hang'
  /** Executes it and says that it does not know. */
  | 'lose-track'
  | RefusalReason;

export const leaderElsewhere: Member = {
  id: nodeId(2),
  address: { ip: '10.0.0.2', port: 7002, internalPort: 8002 },
};

/** A group of one, in memory, that does as it is told. Commits in the turn after the proposal. */
export class TestGroup implements Group<QueueResult> {
  readonly machine = new QueueMachine();
  behaviour: Behaviour = 'commit';
  overrides: Partial<GroupStatus> = {};
  readonly #held: (() => void)[] = [];

  propose(command: Uint8Array, done: (outcome: Outcome<QueueResult>) => void): void {
    const { behaviour } = this;
    setImmediate(() => {
      const outcome = this.#outcome(behaviour, command);
      if (behaviour === 'hang') this.#held.push(() => done(outcome));
      else done(outcome);
    });
  }

  read(done: (outcome: ReadOutcome) => void): void {
    const { behaviour } = this;
    const refused = behaviour !== 'commit' && behaviour !== 'lose-track' && behaviour !== 'hang';
    setImmediate(() => {
      const outcome: ReadOutcome = refused
        ? { kind: 'refused', reason: behaviour }
        : { kind: 'ready' };
      if (behaviour === 'hang') this.#held.push(() => done(outcome));
      else done(outcome);
    });
  }

  status(): GroupStatus {
    const applied = this.machine.appliedIndex;
    const me: Member = {
      id: nodeId(1),
      address: { ip: '127.0.0.1', port: 7001, internalPort: 8001 },
    };
    const positions = { committed: applied, applied, last: applied, durable: applied };
    const members = [me, leaderElsewhere];
    const role = 'leader';
    return {
      id: me.id,
      role,
      term: term(3),
      leader: me,
      members,
      ready: true,
      ...positions,
      ...this.overrides,
    };
  }

  /** Publishes as another interface of the node would. */
  publish(topic: string, messages: readonly NewMessage[]): Promise<Outcome<QueueResult>> {
    const command = encodeCommand({ kind: 'publish', topic, producer: undefined, messages });
    return new Promise((resolve) => {
      this.propose(command, resolve);
    });
  }

  /** Answers what was held back. */
  release(): void {
    for (const answer of this.#held.splice(0)) answer();
  }

  /** How many answers are held back. */
  get held(): number {
    return this.#held.length;
  }

  #outcome(behaviour: Behaviour, command: Uint8Array): Outcome<QueueResult> {
    switch (behaviour) {
      case 'commit':
      case 'hang': {
        const index = logIndex(this.machine.appliedIndex + 1);
        const result = this.machine.apply(Buffer.from(command), logTime(0), index);
        return { kind: 'committed', index, result };
      }
      case 'lose-track':
        this.#outcome('commit', command);
        return { kind: 'unknown' };
      default:
        return { kind: 'refused', reason: behaviour };
    }
  }
}
