import {
  type Command,
  MemoryStoreHost,
  type NewMessage,
  QueueMachine,
  type QueueResult,
  type ReceiveOutcome,
  type ReceiveRequest,
  type Settlement,
  WaitingReceives,
  encodeCommand,
} from '@rrmq/queue';
import { logIndex, logTime } from '@rrmq/raft';
import { LeaderWorld } from './leader-world.ts';

/** A receive, and how it ended; its client may go. */
export interface OpenReceive {
  outcome: ReceiveOutcome | undefined;
  leave: () => void;
}

/** A leader with a real queue: a turn executes what was offered, as one batch. */
export class MachineWorld extends LeaderWorld {
  readonly machine = new QueueMachine({ host: new MemoryStoreHost() });
  readonly receives: WaitingReceives;
  /** Entries of the log: kinds of commands, one list for each batch. */
  readonly batches: string[][] = [];
  #index = 0;

  private constructor(waitersMax?: number) {
    super();
    this.receives = new WaitingReceives({
      group: this,
      queue: this.machine,
      timers: this.timers,
      newSecret: () => Buffer.alloc(16, 7),
      ...(waitersMax === undefined ? {} : { waitersMax }),
    });
  }

  /** With topic `t`. */
  static async start(waitersMax?: number): Promise<MachineWorld> {
    const world = new MachineWorld(waitersMax);
    await world.machine.open(1);
    world.run({ kind: 'create-topic', topic: 't' });
    world.batches.length = 0;
    return world;
  }

  get entries(): string[] {
    return this.batches.flat();
  }

  /** One turn: what was offered is executed, reads are confirmed. */
  turn(): void {
    const batch = [...this.offered];
    if (batch.length > 0) this.batches.push(batch.map(({ command }) => command?.kind ?? '?'));
    for (const offered of batch) offered.commit(this.#apply(offered.bytes));
    this.answerReads();
    if (batch.length > 0) this.progress();
  }

  /** Turns until nothing is on its way. */
  settle(): void {
    for (let turns = 0; this.offered.length + this.reads.length > 0; turns += 1) {
      if (turns > 100) throw new Error('it never ends');
      this.turn();
    }
  }

  /** Executes a command by itself. */
  run(command: Command): QueueResult {
    const result = this.#apply(encodeCommand(command));
    this.progress();
    return result;
  }

  /** Offers a publish as a call does. */
  publish(bodies: readonly string[], how: Partial<NewMessage> = {}, topic = 't'): void {
    const messages = bodies.map((body) => ({ contentType: 'text/plain', body, ...how }));
    const command = { kind: 'publish', topic, producer: undefined, messages } as const;
    this.propose(encodeCommand(command), () => undefined);
    this.receives.publishing(topic, bodies.length);
  }

  receive(request: Partial<ReceiveRequest> = {}): OpenReceive {
    const open: OpenReceive = { outcome: undefined, leave: () => undefined };
    const whole = { topic: 't', max: 1, waitMs: 1000, settle: [], ...request };
    open.leave = this.receives.receive(whole, (outcome) => {
      if (open.outcome !== undefined) throw new Error('it ended twice');
      open.outcome = outcome;
    });
    return open;
  }

  /** Leases the next message in a turn of its own; returns its token. */
  lease(): Buffer {
    const open = this.receive({ waitMs: 0 });
    this.settle();
    const { outcome } = open;
    const token = outcome?.kind === 'received' ? outcome.deliveries[0]?.token : undefined;
    if (token === undefined) throw new Error('nothing was leased');
    return token;
  }

  #apply(bytes: Uint8Array): QueueResult {
    this.#index += 1;
    return this.machine.apply(Buffer.from(bytes), logTime(this.nowMs), logIndex(this.#index));
  }
}

/** The bodies that a receive got. */
export function bodiesOf({ outcome }: OpenReceive): string[] | undefined {
  if (outcome?.kind !== 'received') return undefined;
  return outcome.deliveries.map(({ message }) => message.body.toString());
}

export const ack = (token: Buffer): Settlement => ({ action: 'ack', token });
