import {
  type Command,
  type DecodedCommand,
  MemoryStoreHost,
  type NewMessage,
  QueueMachine,
  type QueueResult,
  decodeCommand,
  encodeCommand,
} from '@rrmq/queue';
import {
  type CommandEffect,
  type Group,
  type GroupAdmin,
  type GroupGauges,
  type GroupStatus,
  type MachineSnapshot,
  type Member,
  type MembershipChange,
  type MembershipOutcome,
  type NodeId,
  type Outcome,
  type ReadOutcome,
  type RefusalReason,
  type TransferOutcome,
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

const me: Member = {
  id: nodeId(1),
  address: { ip: '127.0.0.1', port: 7001, internalPort: 8001 },
};

/** What `openBackup` rejects with. */
export class BackupRefused extends Error {
  override readonly name = 'BackupRefused';
}

/** A group of one, in memory, that does as it is told. Commits in the turn after the proposal. */
export class TestGroup implements Group<QueueResult>, GroupAdmin {
  readonly machine = new QueueMachine({ host: new MemoryStoreHost() });
  behaviour: Behaviour = 'commit';
  overrides: Partial<GroupStatus> = {};
  gaugeOverrides: Partial<GroupGauges> = {};
  /** How changes of the membership end; `undefined`: they hang. */
  membershipOutcome: MembershipOutcome | undefined;
  transferOutcome: TransferOutcome = { kind: 'done', leader: leaderElsewhere.id };
  /** Chunks of the next backup, or why there is none. */
  backup: AsyncIterable<Buffer> | Iterable<Buffer> | Error = [];
  /** What was asked for. */
  readonly changes: MembershipChange[] = [];
  readonly transfers: (NodeId | undefined)[] = [];
  readonly restored: string[] = [];
  readonly effects: (CommandEffect | undefined)[] = [];
  /** How the next commands of a restore end, one each; all later ones are taken. */
  readonly restoreResults: QueueResult[] = [];
  openViews = 0;
  /** How often somebody asked for a confirmation. */
  reads = 0;
  /** The log's time. */
  nowMs = Date.UTC(2026, 0, 1);
  /** Commands that were executed, one list for each turn that brought some. */
  readonly batches: DecodedCommand[][] = [];
  readonly #listeners = new Set<() => void>();
  #offered: (() => void)[] = [];
  readonly #held: (() => void)[] = [];

  static async start(): Promise<TestGroup> {
    const group = new TestGroup();
    await group.machine.open(1);
    return group;
  }

  propose(
    command: Uint8Array,
    done: (outcome: Outcome<QueueResult>) => void,
    effect?: CommandEffect,
  ): void {
    const { behaviour } = this;
    this.effects.push(effect);
    if (this.#offered.length === 0) setImmediate(() => this.#turn());
    this.#offered.push(() => {
      const outcome = this.#outcome(behaviour, command, effect);
      if (behaviour === 'hang') this.#held.push(() => done(outcome));
      else done(outcome);
    });
  }

  logTime() {
    return this.status().ready ? logTime(this.nowMs) : undefined;
  }

  watchProgress(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Another node leads from now on; what is on its way ends as `behaviour` says. */
  follow(): void {
    this.behaviour = 'not-leader';
    this.overrides = { role: 'follower', leader: leaderElsewhere };
    this.#progress();
  }

  /** Executes a command as another call would. */
  run(command: Command): Promise<Outcome<QueueResult>> {
    return new Promise((resolve) => {
      this.propose(encodeCommand(command), resolve);
    });
  }

  #turn(): void {
    const offered = this.#offered;
    this.#offered = [];
    this.batches.push([]);
    for (const execute of offered) execute();
    if (this.batches.at(-1)?.length === 0) this.batches.pop();
    this.#progress();
  }

  #progress(): void {
    for (const listener of this.#listeners) listener();
  }

  read(done: (outcome: ReadOutcome) => void): void {
    const { behaviour } = this;
    this.reads += 1;
    const refused =
      behaviour !== 'commit' &&
      behaviour !== 'lose-track' &&
      behaviour !== 'hang' &&
      behaviour !== 'disk-full';
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
    const positions = { committed: applied, applied, last: applied, durable: applied };
    const members = [me, leaderElsewhere];
    return {
      id: me.id,
      role: 'leader',
      term: term(3),
      leader: me,
      members,
      configuration: {
        members,
        voters: members.map(({ id }) => id),
        outgoing: [],
        learners: [],
        promoting: [],
        nextId: nodeId(3),
      },
      ready: true,
      ...positions,
      ...this.overrides,
    };
  }

  changeMembers(change: MembershipChange, done: (outcome: MembershipOutcome) => void): void {
    this.changes.push(change);
    const { membershipOutcome } = this;
    if (membershipOutcome !== undefined) setImmediate(() => done(membershipOutcome));
    else this.#held.push(() => done(this.membershipOutcome ?? { kind: 'unknown' }));
  }

  transfer(target: NodeId | undefined): Promise<TransferOutcome> {
    this.transfers.push(target);
    return Promise.resolve(this.transferOutcome);
  }

  gauges(): GroupGauges {
    const applied = this.machine.appliedIndex;
    const positions = { committed: applied, applied, last: applied, durable: applied };
    return {
      ...positions,
      compacted: logIndex(0),
      flushed: logIndex(0),
      pendingBytes: 0,
      dirtyBytes: 7,
      windowBytes: 0,
      logBytes: 4096,
      freeBytes: undefined,
      syncMs: 1.5,
      syncMsMax: 2,
      readsWaiting: 0,
      proposalsWaiting: 0,
      peers: [],
      ...this.gaugeOverrides,
    };
  }

  watch(): () => void {
    return () => undefined;
  }

  openBackup(): Promise<MachineSnapshot> {
    const { backup } = this;
    if (backup instanceof Error) return Promise.reject(backup);
    this.openViews++;
    return Promise.resolve({
      index: logIndex(42),
      at: logTime(1000),
      chunks: async function* chunks() {
        yield* backup;
      },
      close: () => {
        this.openViews--;
      },
    });
  }

  /** Publishes as another interface of the node would. */
  publish(topic: string, messages: readonly NewMessage[]): Promise<Outcome<QueueResult>> {
    return this.run({ kind: 'publish', topic, producer: undefined, messages });
  }

  /** Answers what was held back. */
  release(): void {
    for (const answer of this.#held.splice(0)) answer();
  }

  /** How many answers are held back. */
  get held(): number {
    return this.#held.length;
  }

  #outcome(
    behaviour: Behaviour,
    command: Uint8Array,
    effect?: CommandEffect,
  ): Outcome<QueueResult> {
    switch (behaviour) {
      case 'commit':
      case 'hang':
        return this.#committed(command);
      case 'lose-track':
        this.#committed(command);
        return { kind: 'unknown' };
      case 'disk-full':
        if (effect === 'shrinks') return this.#committed(command);
        return { kind: 'refused', reason: behaviour };
      default:
        return { kind: 'refused', reason: behaviour };
    }
  }

  #committed(command: Uint8Array): Outcome<QueueResult> {
    const index = logIndex(this.machine.appliedIndex + 1);
    const at = logTime(this.nowMs);
    const decoded = decodeCommand(Buffer.from(command));
    if (decoded !== undefined) this.batches.at(-1)?.push(decoded);
    if (decoded === undefined || !decoded.kind.startsWith('restore-')) {
      const result = this.machine.apply(Buffer.from(command), at, index);
      return { kind: 'committed', index, at, result };
    }
    const taken = { ok: true, kind: 'topic-created', topicNumber: 1 } as const;
    const result = this.restoreResults.shift() ?? taken;
    this.restored.push(readable(decoded));
    return { kind: 'committed', index, at, result };
  }
}

/** As JSON; bytes are Latin-1. The group executes no restore: it is told how each command of one ends. */
function readable(command: NonNullable<ReturnType<typeof decodeCommand>>): string {
  return JSON.stringify(
    command.kind === 'restore-chunk'
      ? { ...command, chunk: Buffer.from(command.chunk).toString('latin1') }
      : command,
  );
}
