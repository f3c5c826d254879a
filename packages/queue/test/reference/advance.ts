import { type QueueResult, MESSAGES_PER_COMMAND_MAX, REQUEST_MS } from '@rrmq/queue';
import { stepOfPurge, stepOfRedrive } from './ongoing.ts';
import { expireLease } from './settling.ts';
import type { ReferenceState } from './state.ts';
import { type Held, type ReferenceTopic, leaseEnd } from './topic.ts';

/** Something that will be done at a time. */
interface Due {
  readonly at: number;
  readonly topicNumber: number;
  readonly sequence: number;
  /** Its place among those of one message. */
  readonly kind: number;
  readonly act: () => void;
}

export function advance(state: ReferenceState): QueueResult {
  let steps = 0;
  for (const list of [leases, dueItems, requests]) {
    // What an act changes may be due, too: the list is made anew for each one.
    for (let due = first(list(state)); isNow(due, state, steps); due = first(list(state))) {
      due.act();
      steps += 1;
    }
  }
  state.leftovers = state.leftovers.filter((at) => at > state.at);
  for (const topic of state.topics) {
    const left = (): number => MESSAGES_PER_COMMAND_MAX - steps;
    if (isDue(topic.purging, state) && left() > 0) steps += stepOfPurge(topic, state.at, left());
    if (isDue(topic.redriving, state) && left() > 0)
      steps += stepOfRedrive(topic, state.at, left());
  }
  return { ok: true, kind: 'advanced', steps };
}

export function nextDue(state: ReferenceState): number | undefined {
  const ongoing = state.topics.flatMap(({ purging, redriving }) => [purging, redriving]);
  const times = [
    ...[...leases(state), ...dueItems(state), ...requests(state)].map(({ at }) => at),
    ...ongoing.flatMap((each) => each?.nextAt ?? []),
    ...state.leftovers,
  ];
  return times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b));
}

const isDue = (ongoing: { nextAt: number } | undefined, { at }: ReferenceState): boolean =>
  ongoing !== undefined && ongoing.nextAt <= at;

const isNow = (due: Due | undefined, { at }: ReferenceState, steps: number): due is Due =>
  due !== undefined && due.at <= at && steps < MESSAGES_PER_COMMAND_MAX;

const compare = (a: Due, b: Due): number =>
  a.at - b.at || a.topicNumber - b.topicNumber || a.sequence - b.sequence || a.kind - b.kind;

const first = ([head, ...others]: readonly Due[]): Due | undefined =>
  head && others.reduce((found, due) => (compare(due, found) < 0 ? due : found), head);

function leases(state: ReferenceState): Due[] {
  return state.topics.flatMap((topic) =>
    topic.leased().flatMap((held) => {
      const { place, message } = held;
      if (place.state !== 'leased') return [];
      const { lease } = place;
      const end = leaseEnd(lease, state.gaps);
      const act = (): void => {
        if (end === lease.registeredAt) expireLease(state, { topic, held });
        else topic.move(held, { state: 'leased', lease: { ...lease, registeredAt: end } });
      };
      const { sequence } = message;
      return { at: lease.registeredAt, topicNumber: topic.number, sequence, kind: 0, act };
    }),
  );
}

const dueItems = (state: ReferenceState): Due[] =>
  state.topics.flatMap((topic) => dueItemsOf(state, topic));

const dueItemsOf = (state: ReferenceState, topic: ReferenceTopic): Due[] => [
  ...topic.live().flatMap((held) => delaysAndExpiries(state, topic, held)),
  ...dedupIds(topic),
];

/** When delays, times to live and dedup ids of a topic are over. */
export const dueTimes = (state: ReferenceState, topic: ReferenceTopic): number[] =>
  dueItemsOf(state, topic).map(({ at }) => at);

function delaysAndExpiries(state: ReferenceState, topic: ReferenceTopic, held: Held): Due[] {
  const { place, message } = held;
  const its = { topicNumber: topic.number, sequence: message.sequence };
  const dues: Due[] = [];
  if (place.state === 'delayed') {
    const act = (): void => {
      topic.move(held, { state: 'ready' });
    };
    dues.push({ ...its, at: place.until, kind: 1, act });
  }
  if (place.state !== 'leased' && message.expiresAt !== undefined) {
    const act = (): void => {
      topic.expire(held, state.at);
    };
    dues.push({ ...its, at: message.expiresAt, kind: 2, act });
  }
  return dues;
}

function dedupIds(topic: ReferenceTopic): Due[] {
  return topic.remembered
    .filter((remembered) => remembered.isDue)
    .map((remembered) => ({
      at: remembered.until,
      topicNumber: topic.number,
      sequence: remembered.sequence,
      kind: 3,
      act: () => {
        remembered.isDue = false;
        if (topic.find(remembered.sequence) !== undefined) return;
        topic.remembered = topic.remembered.filter((each) => each !== remembered);
      },
    }));
}

/** Idempotency keys to be forgotten: of the same age, in the order in which they came. */
function requests(state: ReferenceState): Due[] {
  return state.requests.map((request, order) => ({
    at: request.at + REQUEST_MS,
    topicNumber: 0,
    sequence: order,
    kind: 0,
    act: () => {
      state.requests = state.requests.filter((each) => each !== request);
    },
  }));
}
