import { randomUUID } from 'node:crypto';
import type { CallScope } from './call-scope.ts';
import { ProducerLane } from './producer-lane.ts';
import type { EncodedRequest } from './request.ts';
import type { RetryingCaller, Success } from './retrying.ts';

/**
 * How many topics without a publish under way keep their producer lanes. Forgetting a lane costs a new
 * producer for the cluster to remember, and the fence against a publish that the lane gave up: by the time
 * a thousand other topics were used, that one has long arrived or never will.
 */
const IDLE_TOPICS_MAX = 1000;

interface Publish {
  readonly request: EncodedRequest<'publish'>;
  readonly scope: CallScope;
  readonly resolve: (sent: Success<'publish'>) => void;
  readonly reject: (error: unknown) => void;
}

/** The publishes of one topic that wait for a lane, and its lanes. */
interface TopicLanes {
  readonly waiting: Set<Publish>;
  readonly idle: ProducerLane[];
  busy: number;
}

/** How publishes share lanes; both from 1. */
export interface LaneLimits {
  /** Lanes of one topic: with 1, its publishes keep the order of the calls. */
  readonly perTopic: number;
  /** Publishes under way over all topics. */
  readonly total: number;
}

/**
 * Gives every publish a producer lane of its topic, in the order of the calls; topics take turns. How many
 * wait is bounded by the client, which admits each call before it gets here.
 */
export class Publisher {
  readonly #caller: RetryingCaller;
  readonly #limits: LaneLimits;
  readonly #clientId = randomUUID();
  /** In order of last use, oldest first. */
  readonly #topics = new Map<string, TopicLanes>();
  /** Topics with a publish waiting and a lane free, first come first. */
  readonly #ready = new Set<string>();
  #lanesMade = 0;
  #busy = 0;

  constructor(caller: RetryingCaller, limits: LaneLimits) {
    this.#caller = caller;
    this.#limits = limits;
  }

  /** Publishes `request` to `topic` when its turn comes. Takes its place in line before it returns. */
  publish(
    topic: string,
    request: EncodedRequest<'publish'>,
    scope: CallScope,
  ): Promise<Success<'publish'>> {
    return new Promise((resolve, reject) => {
      const lanes = this.#touch(topic);
      const publish: Publish = { request, scope, resolve, reject };
      lanes.waiting.add(publish);
      scope.onEnd(() => {
        if (lanes.waiting.delete(publish)) reject(scope.endedUnsent());
      });
      this.#offer(topic, lanes);
      this.#startWaiting();
    });
  }

  #touch(topic: string): TopicLanes {
    const lanes = this.#topics.get(topic) ?? { waiting: new Set(), idle: [], busy: 0 };
    this.#topics.delete(topic);
    this.#topics.set(topic, lanes);
    return lanes;
  }

  #offer(topic: string, lanes: TopicLanes): void {
    if (lanes.waiting.size > 0 && lanes.busy < this.#limits.perTopic) this.#ready.add(topic);
  }

  #startWaiting(): void {
    while (this.#busy < this.#limits.total) {
      const [topic] = this.#ready;
      if (topic === undefined) return;
      this.#ready.delete(topic);
      const lanes = this.#touch(topic);
      const [publish] = lanes.waiting;
      if (publish === undefined) continue;
      lanes.waiting.delete(publish);
      void this.#run(topic, lanes, publish);
      this.#offer(topic, lanes);
    }
  }

  async #run(topic: string, lanes: TopicLanes, publish: Publish): Promise<void> {
    const lane = lanes.idle.pop() ?? new ProducerLane(`${this.#clientId}.${++this.#lanesMade}`);
    lanes.busy++;
    this.#busy++;
    const { request, scope, resolve, reject } = publish;
    await lane
      .publish(request, (identified) => this.#caller.call(identified, scope))
      .then(resolve, reject);
    lanes.busy--;
    this.#busy--;
    lanes.idle.push(lane);
    this.#offer(topic, lanes);
    this.#startWaiting();
    this.#forgetIdleTopics();
  }

  #forgetIdleTopics(): void {
    let excess = this.#topics.size - IDLE_TOPICS_MAX;
    for (const [topic, lanes] of this.#topics) {
      if (excess-- <= 0) return;
      if (lanes.busy === 0 && lanes.waiting.size === 0) this.#topics.delete(topic);
    }
  }
}
