import type { Command, Delivery, QueueResult, Receive, Settlement } from '@rrmq/queue';
import type { Outcome } from '@rrmq/raft';
import { Work, type WorkWorld, requireResult } from './work-client.ts';
import type { WorkTopic } from './work-topics.ts';

/** A rest after a call, up to so many ms: leases last some seconds. */
const REST_MS = 900;

const RECEIVED_MAX = 5;
/** A lease of its own lasts so long, in ms. */
const LEASE_MS = [1_000, 4_000] as const;
const NACK_DELAY_MS = [0, 3_000] as const;

/** Shares of the calls. */
const SETTLES_APART = 0.35;
const POPS = 0.05;
const CRASHES = 0.04;
/** The part of the receives that asks though nothing seems to be there. */
const ASKS_IN_VAIN = 0.05;
/** The part of what is held that is settled with a call. */
const SETTLED = 0.7;
/** The part of the settlements that is repeated later, with the same token or in another way. */
const REPEATED = 0.15;

/** How settlements are spread, out of 100. */
const ACTIONS: readonly (readonly [number, Settlement['action']])[] = [
  [55, 'ack'],
  [18, 'nack'],
  [8, 'release'],
  [5, 'reject'],
  [14, 'extend'],
];

const REFUSALS = ['paused', 'unknown-topic', 'no-message'] as const;

/** What a consumer holds, or has held. */
interface Held {
  readonly topic: string;
  readonly token: Buffer;
}

/** Receives and settles, in time or too late; crashes, and forgets what it held. */
export class Consumer {
  readonly #work: Work;
  #held: Held[] = [];
  /** Settlements that may be sent once more. */
  #settled: (Held & { readonly settlement: Settlement })[] = [];

  constructor(name: string, world: WorkWorld) {
    this.#work = new Work(name, world);
  }

  get calls(): number {
    return this.#work.calls;
  }

  start(): void {
    const { stopped, caller } = this.#work;
    if (stopped) return;
    this.#work.calls += 1;
    const topic = this.#work.pickTopic();
    const choice = caller.random.next();
    if (choice < CRASHES) this.#crash(topic);
    else if (choice < CRASHES + POPS) this.#pop(topic);
    else if (choice < CRASHES + POPS + SETTLES_APART) this.#settle(topic);
    else this.#receive(topic);
  }

  stop(): void {
    this.#work.stop();
  }

  #rest(): void {
    this.#work.caller.later(() => this.start(), REST_MS);
  }

  #crash({ name }: WorkTopic): void {
    if (this.#held.length > 0) this.#work.caller.tell(name, `crashes with ${this.#held.length}`);
    this.#held = [];
    this.#settled = [];
    this.#rest();
  }

  #pop({ name: topic }: WorkTopic): void {
    this.#work.caller.offer({ kind: 'pop', topic }, (outcome) => {
      if (outcome.kind === 'committed') requireResult('a pop', outcome.result, REFUSALS);
      this.#rest();
    });
  }

  #settle({ name: topic }: WorkTopic): void {
    const settle = this.#settlements(topic);
    if (settle.length === 0) return this.#rest();
    return this.#insist({ kind: 'settle', topic, settle }, topic);
  }

  /** As the product does it: nothing is proposed when there is nothing to be had, or to settle. */
  #receive({ name: topic }: WorkTopic): void {
    const { caller } = this.#work;
    const { random } = caller;
    const settle = this.#settlements(topic);
    const machine = caller.target()?.machine;
    const isEmpty = machine === undefined || machine.available(topic) === 0;
    if (isEmpty && settle.length === 0 && !random.chance(ASKS_IN_VAIN)) return this.#rest();
    const command: Receive = {
      kind: 'receive',
      topic,
      max: random.between(0, RECEIVED_MAX),
      settle,
      ...(random.chance(0.4) ? { leaseMs: random.between(...LEASE_MS) } : {}),
      ...(machine?.hasSecret === true ? {} : { secret: this.#secret() }),
    };
    if (random.chance(0.4)) return this.#insist(this.#work.once(command), topic);
    // Without a key it is not known who got what: those leases expire.
    return caller.offer(command, (outcome) => {
      if (outcome.kind === 'committed') this.#told(topic, outcome.result);
      else this.#unknown(topic, settle, outcome);
      this.#rest();
    });
  }

  /** The same again, with the same tokens, until the outcome is known. */
  #insist(command: Command, topic: string): void {
    this.#work.insist(command, (result) => {
      this.#told(topic, result);
      this.#rest();
    });
  }

  /** What was to be settled may have been: it is sent once more by itself. */
  #unknown(topic: string, settle: readonly Settlement[], outcome: Outcome<QueueResult>): void {
    this.#work.caller.tell(topic, `receive: ${outcome.kind}`);
    if (settle.length > 0) this.#work.insist({ kind: 'settle', topic, settle }, () => undefined);
  }

  #told(topic: string, result: QueueResult): void {
    requireResult(`a call to ${topic}`, result, REFUSALS);
    if (!result.ok || result.kind !== 'received') return;
    const got = result.deliveries.map(({ message }) => message.sequence);
    if (got.length > 0) this.#work.caller.tell(topic, `receive: ${got.join(' ')}`);
    for (const { token } of result.deliveries) this.#held.push({ topic, token });
  }

  #settlements(topic: string): Settlement[] {
    const { random } = this.#work.caller;
    const mine = this.#held.filter((held) => held.topic === topic && random.chance(SETTLED));
    const settlements = mine.map(({ token }) => this.#settlement(token));
    const again = this.#settled.filter((held) => held.topic === topic && random.chance(REPEATED));
    for (const { token, settlement } of again) {
      settlements.push(random.chance(0.7) ? settlement : this.#settlement(token));
    }
    const over = new Set<Held>([...mine, ...again]);
    const extended = mine.filter((_, place) => settlements[place]?.action === 'extend');
    this.#held = [...this.#held.filter((held) => !over.has(held)), ...extended];
    this.#settled = this.#settled.filter((held) => !over.has(held));
    for (const [place, held] of mine.entries()) {
      const settlement = settlements[place];
      if (settlement !== undefined) this.#settled.push({ ...held, settlement });
    }
    return settlements;
  }

  #settlement(token: Delivery['token']): Settlement {
    const { random } = this.#work.caller;
    const action = this.#action();
    switch (action) {
      case 'nack': {
        const delayMs = random.between(...NACK_DELAY_MS);
        return { action, token, reason: 'busy', ...(random.chance(0.5) ? { delayMs } : {}) };
      }
      case 'reject':
        return { action, token, reason: 'useless' };
      case 'extend': {
        const leaseMs = random.between(...LEASE_MS);
        return { action, token, ...(random.chance(0.7) ? { leaseMs } : {}) };
      }
      default:
        return { action, token };
    }
  }

  #action(): Settlement['action'] {
    let left = this.#work.caller.random.next() * 100;
    for (const [share, action] of ACTIONS) {
      left -= share;
      if (left < 0) return action;
    }
    return 'ack';
  }

  #secret(): Uint8Array {
    const { random } = this.#work.caller;
    return Uint8Array.from({ length: 16 }, () => random.between(0, 255));
  }
}
