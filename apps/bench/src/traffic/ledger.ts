/**
 * What a producer knows of one of its messages. `refused`: certainly not published. `unknown`: it may be, or may not.
 */
export type Fate = 'pending' | 'acked' | 'refused' | 'unknown';

/** Every message that one producer tried to publish, in the order of its calls. */
export class Ledger {
  readonly topic: string;
  readonly #fates = new Map<string, Fate>();

  constructor(topic: string) {
    this.topic = topic;
  }

  get fates(): ReadonlyMap<string, Fate> {
    return this.#fates;
  }

  /** The text of the next message, unlike all others of the run. */
  enter(): string {
    const message = `${this.topic}:${this.#fates.size}`;
    this.#fates.set(message, 'pending');
    return message;
  }

  settle(message: string, fate: Exclude<Fate, 'pending'>): void {
    this.#fates.set(message, fate);
  }
}

/** What became of one producer's messages. The lists name the messages for which a promise was broken. */
export interface Account {
  readonly acked: number;
  readonly unknown: number;
  readonly refused: number;
  readonly popped: number;
  /** Messages of unknown outcome that were there: allowed, as it is that they were not. */
  readonly unknownPopped: number;
  /** Acked, and not popped. */
  readonly lost: readonly string[];
  /** Popped again. */
  readonly duplicated: readonly string[];
  /** Popped, though never sent, or refused. */
  readonly invented: readonly string[];
  /** Acked, and popped after one that was sent later. */
  readonly misplaced: readonly string[];
}

/** Compares what a producer was told with everything that was popped from its topic, in the order of the pops. */
export function accountFor({ fates }: Ledger, popped: readonly string[]): Account {
  const found = new Set(popped);
  const messages = [...fates.keys()];
  const having = (fate: Fate) => messages.filter((message) => fates.get(message) === fate);
  // A call that never settled tells nothing, as one of unknown outcome.
  const unknown = [...having('unknown'), ...having('pending')];
  const acked = having('acked');
  const refused = having('refused');
  return {
    acked: acked.length,
    unknown: unknown.length,
    refused: refused.length,
    popped: popped.length,
    unknownPopped: unknown.filter((message) => found.has(message)).length,
    lost: acked.filter((message) => !found.has(message)),
    duplicated: repeatedOf(popped),
    invented: [...found].filter((message) => (fates.get(message) ?? 'refused') === 'refused'),
    misplaced: misplacedOf(acked, popped),
  };
}

function repeatedOf(popped: readonly string[]): string[] {
  const seen = new Set<string>();
  return popped.filter((message) => {
    const isRepeated = seen.has(message);
    seen.add(message);
    return isRepeated;
  });
}

function misplacedOf(acked: readonly string[], popped: readonly string[]): string[] {
  const positions = new Map(acked.map((message, at) => [message, at]));
  let highest = -1;
  return popped.filter((message) => {
    const position = positions.get(message);
    if (position === undefined) return false;
    const isMisplaced = position < highest;
    highest = Math.max(highest, position);
    return isMisplaced;
  });
}

/** Whether every promise was kept. */
export function isClean({ lost, duplicated, invented, misplaced }: Account): boolean {
  return [lost, duplicated, invented, misplaced].every((messages) => messages.length === 0);
}
