import type {
  Death,
  DeathReason,
  FailureEvent,
  Message,
  PeekedMessage,
  Settlement,
  TopicSettings,
  TopicStats,
} from '@rrmq/queue';

/** A message as the model holds it. */
export interface Held {
  readonly message: Message;
  place: Place;
  deliveries: number;
  failures: number;
  history: readonly FailureEvent[];
}

export type Place =
  | { readonly state: 'ready' }
  | { readonly state: 'leased'; readonly lease: Lease }
  | { readonly state: 'delayed'; readonly until: number }
  | { readonly state: 'dead'; readonly death: Death };

export interface Lease {
  /** When it would end without a gap. */
  readonly endsAt: number;
  readonly leaseMs: number;
  /** Sum of all gaps up to when it began. */
  readonly gapsBefore: number;
  /** When an `advance` looks at it. */
  readonly registeredAt: number;
}

/** A dedup id. It is due, once, at `until`; kept beyond that while its message is there. The last one of an id counts. */
export interface Remembered {
  readonly id: string;
  readonly sequence: number;
  readonly until: number;
  isDue: boolean;
}

export interface Purging {
  /** Whether a message, when it is met, is one of those to be discarded. */
  readonly takes: (held: Held) => boolean;
  readonly through: number;
  readonly looked: { live: number; dead: number };
  nextAt: number;
}

export interface Redriving {
  readonly target: ReferenceTopic;
  readonly perStep: number;
  readonly everyMs: number;
  remaining: number;
  nextAt: number;
}

/** When a lease is over. */
export const leaseEnd = (lease: Lease, gaps: number): number =>
  lease.endsAt + Math.min(gaps - lease.gapsBefore, lease.leaseMs);

export const isDead = ({ place }: Held): boolean => place.state === 'dead';
export const isLive = (held: Held): boolean => !isDead(held);
export const bytesOf = (held: readonly Held[]): number =>
  held.reduce((sum, { message }) => sum + message.body.length, 0);

/** Who takes turns: each key, and all messages without a key of one priority. */
const whoIs = ({ key, priority }: Message): string =>
  key === undefined ? `priority ${priority}` : `key ${key}`;

/** One topic: all its messages in one array, by sequence. What is asked of it is computed anew each time. */
export class ReferenceTopic {
  readonly name: string;
  readonly number: number;
  settings: TopicSettings;
  version = 1;
  paused = { publishing: false, receiving: false };
  held: Held[] = [];
  lastSequence = 0;
  remembered: Remembered[] = [];
  purging: Purging | undefined;
  redriving: Redriving | undefined;
  /** Of the last settlements, by `<sequence>/<delivery>`, oldest first. */
  readonly settlements = new Map<string, Settlement['action']>();
  readonly counts = {
    published: 0,
    acked: 0,
    delivered: 0,
    failed: 0,
    deadLettered: 0,
    redriven: 0,
    expired: 0,
    overflow: 0,
    purged: 0,
  };
  readonly #turns = new Map<string, number>();
  #turn = 0;

  constructor(name: string, number: number, settings: TopicSettings) {
    this.name = name;
    this.number = number;
    this.settings = settings;
  }

  add(content: Omit<Message, 'sequence'>, place: Place): void {
    this.lastSequence += 1;
    this.counts.published += 1;
    const message = { ...content, sequence: this.lastSequence };
    this.held.push({ message, place, deliveries: 0, failures: 0, history: [] });
    this.#giveTurns();
  }

  find(sequence: number): Held | undefined {
    return this.held.find(({ message }) => message.sequence === sequence);
  }

  move(held: Held, place: Place): void {
    held.place = place;
    this.#giveTurns();
  }

  remove(held: Held): void {
    this.held = this.held.filter((each) => each !== held);
    const { sequence } = held.message;
    this.remembered = this.remembered.filter((each) => each.isDue || each.sequence !== sequence);
    this.#giveTurns();
  }

  kill(held: Held, at: number, reason: DeathReason): void {
    this.counts.deadLettered += 1;
    this.move(held, { state: 'dead', death: { at, reason } });
  }

  expire(held: Held, at: number): void {
    if (this.settings.onExpiry === 'dead-letter') {
      this.kill(held, at, 'expired');
    } else {
      this.counts.expired += 1;
      this.remove(held);
    }
  }

  /** Whose message this is loses the turn; what becomes of the message comes next, and gives a new one. */
  serve({ message }: Held): void {
    this.#turns.delete(whoIs(message));
  }

  /** Ready messages that do not wait behind a blocked key, by who takes turns. */
  #waiting(): Map<string, Held[]> {
    const blocked = new Set(this.held.filter(blocksKey).map(({ message }) => message.key));
    const waiting = new Map<string, Held[]>();
    for (const held of this.held) {
      const { key } = held.message;
      if (held.place.state !== 'ready' || (key !== undefined && blocked.has(key))) continue;
      const who = whoIs(held.message);
      const line = waiting.get(who) ?? [];
      line.push(held);
      waiting.set(who, line);
    }
    return waiting;
  }

  /** Whoever has something to receive and had nothing before gets a turn; whoever has nothing more loses it. */
  #giveTurns(): void {
    const waiting = this.#waiting();
    for (const who of this.#turns.keys()) if (!waiting.has(who)) this.#turns.delete(who);
    for (const who of waiting.keys()) {
      if (this.#turns.has(who)) continue;
      this.#turn += 1;
      this.#turns.set(who, this.#turn);
    }
  }

  /** Whose turn it is, by ascending turn: the first message of each. */
  #heads(): Held[] {
    const waiting = [...this.#waiting()].map(([who, [head]]) => ({
      turn: this.#turns.get(who),
      head,
    }));
    waiting.sort((a, b) => (a.turn ?? 0) - (b.turn ?? 0));
    return waiting.flatMap(({ head }) => head ?? []);
  }

  /** What is received next. */
  first(): Held | undefined {
    return this.#heads().toSorted((a, b) => b.message.priority - a.message.priority)[0];
  }

  /** What an overflow drops next. */
  firstOfLowestPriority(): Held | undefined {
    return this.#heads().toSorted((a, b) => a.message.priority - b.message.priority)[0];
  }

  /** All that receives could get one after another. */
  waiting(): Held[] {
    return [...this.#waiting().values()].flat();
  }

  leased(): Held[] {
    return this.held.filter(({ place }) => place.state === 'leased');
  }

  live(): Held[] {
    return this.held.filter(isLive);
  }

  dead(): Held[] {
    return this.held.filter(isDead);
  }

  available(): number {
    if (this.paused.receiving) return 0;
    const keyless = this.waiting().filter(({ message }) => message.key === undefined);
    const keys = new Set(this.waiting().map(({ message }) => message.key));
    keys.delete(undefined);
    const room = this.settings.limits.maxInFlight - this.leased().length;
    return Math.max(0, Math.min(room, keyless.length + keys.size));
  }

  stats(): TopicStats {
    const { expired, overflow, purged, ...counts } = this.counts;
    const count = (state: Place['state']): number =>
      this.held.filter(({ place }) => place.state === state).length;
    return {
      ...counts,
      discarded: { expired, overflow, purged },
      ready: count('ready'),
      leased: count('leased'),
      delayed: count('delayed'),
      dead: count('dead'),
      bytes: bytesOf(this.live()),
      deadBytes: bytesOf(this.dead()),
    };
  }

  messages(gaps: number): PeekedMessage[] {
    return this.held.map(({ message, place, deliveries, failures, history }) => ({
      message,
      state: place.state,
      deliveries,
      failures,
      history,
      until: untilOf(place, gaps),
      death: place.state === 'dead' ? place.death : undefined,
    }));
  }
}

/** Leased, or delayed by a nack: a message that was published with a delay has not been delivered. */
const blocksKey = ({ place, deliveries }: Held): boolean =>
  place.state === 'leased' || (place.state === 'delayed' && deliveries > 0);

function untilOf(place: Place, gaps: number): number | undefined {
  if (place.state === 'leased') return leaseEnd(place.lease, gaps);
  return place.state === 'delayed' ? place.until : undefined;
}
