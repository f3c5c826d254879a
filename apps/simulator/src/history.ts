import type { TopicStats } from '@rrmq/queue';
import { AccountWrong } from './account-wrong.ts';
import { EMPTY, type FifoHistory, type Pop, type Publish } from './linearizability/fifo-history.ts';
import { type Violation, findViolation } from './linearizability/fifo-monitor.ts';

type Open<T> = { -readonly [Key in keyof T]: T[Key] };

/** A call whose answer has not come; each is ended at most once. */
export type OpenPublish = Open<Publish>;
export type OpenPop = Open<Pop>;

/** What clients asked for and were told, by topic, in simulated ms. */
export class History {
  readonly #topics = new Map<string, { publishes: OpenPublish[]; pops: OpenPop[] }>();
  acked = 0;
  popped = 0;
  /** Pops that were told that nothing is there. */
  empty = 0;

  constructor(topics: readonly string[]) {
    for (const topic of topics) this.#topics.set(topic, { publishes: [], pops: [] });
  }

  /** The first attempt of a publish; later ones belong to it. */
  beginPublish(topic: string, values: readonly string[], beganAt: number): OpenPublish {
    const publish: OpenPublish = { values, beganAt, endedAt: Infinity };
    this.#topic(topic).publishes.push(publish);
    return publish;
  }

  ack(publish: OpenPublish, endedAt: number): void {
    publish.endedAt = endedAt;
    this.acked += publish.values.length;
  }

  /** Until it is ended, or called off, nobody knows whether it took a message. */
  beginPop(topic: string, beganAt: number): OpenPop {
    const pop: OpenPop = { got: undefined, beganAt, endedAt: Infinity };
    this.#topic(topic).pops.push(pop);
    return pop;
  }

  endPop(pop: OpenPop, got: string | typeof EMPTY, endedAt: number): void {
    pop.got = got;
    pop.endedAt = endedAt;
    if (got === EMPTY) this.empty += 1;
    else this.popped += 1;
  }

  /** It certainly did nothing. */
  callOff(topic: string, pop: OpenPop): void {
    const { pops } = this.#topic(topic);
    const place = pops.lastIndexOf(pop);
    if (place >= 0) pops.splice(place, 1);
  }

  /**
   * At the end, after all topics were drained until a pop found nothing. Throws when no queue could have done this, or
   * when its counters tell of something else.
   */
  settle(statsOf: (topic: string) => TopicStats | undefined): void {
    for (const [topic, history] of this.#topics) {
      requireCounts(topic, history, statsOf(topic));
      const violation = findViolation(history);
      if (violation !== undefined) throw new AccountWrong(textOf(topic, violation, history));
    }
  }

  #topic(topic: string): { publishes: OpenPublish[]; pops: OpenPop[] } {
    const known = this.#topics.get(topic);
    if (known === undefined) throw new RangeError(`no topic ${topic}`);
    return known;
  }
}

/** A call without an answer may have happened or not; what is counted besides was lost or invented. */
function requireCounts(
  topic: string,
  { publishes, pops }: FifoHistory,
  stats: TopicStats | undefined,
): void {
  const isOver = ({ endedAt }: Publish | Pop): boolean => endedAt < Infinity;
  const valuesOf = (some: readonly Publish[]): number =>
    some.reduce((sum, { values }) => sum + values.length, 0);
  const acked = valuesOf(publishes.filter(isOver));
  const got = pops.filter((pop) => isOver(pop) && pop.got !== EMPTY).length;
  const unknown = pops.filter((pop) => !isOver(pop)).length;
  const { published = -1, acked: popped = -1, ready = -1, leased = 0, delayed = 0 } = stats ?? {};
  const depth = ready + leased + delayed;
  const isRight =
    depth === 0 &&
    published >= acked &&
    published <= valuesOf(publishes) &&
    popped >= got &&
    popped <= got + unknown;
  if (isRight) return;
  const counted = `${published} published, ${popped} popped, ${depth} left`;
  throw new AccountWrong(
    `counters of ${topic}: ${counted}; clients: ${acked} to ${valuesOf(publishes)}, ${got} to ${got + unknown}`,
  );
}

/** The violation with what clients saw of the values in it, for people. */
function textOf(topic: string, { kind, values }: Violation, history: FifoHistory): string {
  const seen = values.map((value) => {
    const publish = history.publishes.find((each) => each.values.includes(value));
    const pops = history.pops.filter(({ got }) => got === value);
    return `${value}: published ${spanOf(publish)}, popped ${pops.map(spanOf).join(' and ') || 'by nobody'}`;
  });
  return `${kind} in ${topic}: ${seen.join('; ')}`;
}

const spanOf = (call: Publish | Pop | undefined): string =>
  call === undefined ? 'by nobody' : `${call.beganAt.toFixed(1)}…${call.endedAt.toFixed(1)}`;
