import type {
  DecodedMessage,
  DecodedPublish,
  DecodedSettlement,
  Delivery,
  Message,
  Published,
  QueueView,
  Settled,
  TopicSettings,
} from '@rrmq/queue';
import { AccountWrong } from '../account-wrong.ts';
import type { Bodies } from './bodies.ts';
import type { Grant, Life, LogMoment } from './life.ts';
import { wrongDelivery } from './delivery-rules.ts';
import { wrongOrder } from './order-rules.ts';
import { wrongSettlement } from './settle-rules.ts';

/** What topics of an audit share. */
export interface AuditSurroundings {
  readonly bodies: Bodies;
  /** Deliveries by their tokens, in hexadecimal. */
  readonly grants: Map<string, Grant>;
}

/** An entry that was executed, and the state after it. */
interface Step extends LogMoment {
  readonly view: QueueView;
}

/** The lives of one topic's messages, told by commands and their results alone. Throws when one is not as it must be. */
export class TopicAudit {
  readonly number: number;
  readonly name: string;
  settings: TopicSettings;
  readonly lives = new Map<number, Life>();
  readonly #byKey = new Map<string, Life[]>();
  /** The last message of each dedup id. */
  readonly #byDedupId = new Map<string, Life>();
  /** What the first execution of each producer step answered. */
  readonly #steps = new Map<string, Published>();
  readonly #surroundings: AuditSurroundings;
  /** Messages of publish commands; acks and pops; deliveries; nacks. */
  readonly counts = { published: 0, acked: 0, delivered: 0, nacked: 0 };
  /** Messages may have disappeared by a purge. */
  isPurged = false;
  /** Other settings were in force before. */
  isUpdated = false;

  constructor(
    { number, name, settings }: Pick<TopicAudit, 'number' | 'name' | 'settings'>,
    surroundings: AuditSurroundings,
  ) {
    this.number = number;
    this.name = name;
    this.settings = settings;
    this.#surroundings = surroundings;
  }

  published(command: DecodedPublish, result: Published, now: Step): void {
    const { producer, messages } = command;
    const step = producer && `${producer.id}, epoch ${producer.epoch}, step ${producer.sequence}`;
    const before = step === undefined ? undefined : this.#steps.get(step);
    if (result.duplicate || before !== undefined) {
      const isSame =
        result.duplicate &&
        result.firstSequence === before?.firstSequence &&
        result.count === before.count;
      if (isSame) return;
      this.#fail(now, `the publish of ${step} is executed twice, or with another answer`);
    }
    if (step !== undefined) this.#steps.set(step, result);
    const repeated = new Map(result.repeated.map((each) => [each.position, each.sequence]));
    if (result.count !== messages.length - repeated.size) {
      this.#fail(now, `of ${messages.length} messages ${result.count} are added`);
    }
    let { firstSequence: sequence } = result;
    for (const [position, message] of messages.entries()) {
      const earlier = repeated.get(position);
      if (earlier === undefined) {
        this.#add(sequence, message, now);
        sequence += 1;
      } else if (this.lives.get(earlier)?.dedupId !== message.dedupId) {
        this.#fail(now, `message ${earlier} is named for dedup id ${message.dedupId}`);
      }
    }
  }

  #add(sequence: number, message: DecodedMessage, now: Step): void {
    const { at } = now;
    const { body, key, priority, dedupId, delayMs, ttlMs = this.settings.ttlMs } = message;
    if (this.lives.has(sequence)) this.#fail(now, `sequence ${sequence} is given twice`);
    const before = dedupId === undefined ? undefined : this.#byDedupId.get(dedupId);
    if (before !== undefined) this.#requireForgotten(before, now);
    const restsUntil = delayMs === undefined ? (message.deliverAt ?? 0) : at + delayMs;
    const life: Life = {
      sequence,
      body,
      key,
      priority,
      expiresAt: ttlMs === undefined ? undefined : at + ttlMs,
      dedupId,
      rememberedUntil: at + this.settings.dedupMs,
      restsUntil,
      blocksKey: false,
      deliveries: 0,
      failures: 0,
      grant: undefined,
      end: undefined,
    };
    this.#keep(life);
    this.counts.published += 1;
    if (dedupId !== undefined) this.#byDedupId.set(dedupId, life);
  }

  #keep(life: Life): void {
    this.lives.set(life.sequence, life);
    this.#surroundings.bodies.add(life);
    if (life.key === undefined) return;
    const others = this.#byKey.get(life.key);
    if (others === undefined) this.#byKey.set(life.key, [life]);
    else others.push(life);
  }

  #requireForgotten(before: Life, now: Step): void {
    const leftMs = before.rememberedUntil - now.at;
    const isThere = now.view.message(this.name, before.sequence) !== undefined;
    if (leftMs <= 0 && !isThere) return;
    const why = isThere ? 'is in the topic' : `is remembered for ${leftMs} ms more`;
    const { dedupId, sequence } = before;
    this.#fail(now, `two messages under dedup id ${dedupId}: ${sequence} ${why}`);
  }

  received(deliveries: readonly Delivery[], now: Step): void {
    for (const delivery of deliveries) this.#lease(delivery, now);
    this.#requireOrder(
      deliveries.map(({ message }) => message),
      now,
    );
  }

  #lease({ message, token, deliveries, failures, leaseExpiresAt }: Delivery, now: LogMoment): void {
    const life = this.#deliver(message, now);
    const isCounted = deliveries === life.deliveries && failures === life.failures;
    if (!isCounted) {
      const counted = `${life.deliveries} and ${life.failures}`;
      const text = `says ${deliveries} deliveries and ${failures} failures, the log has ${counted}`;
      this.#fail(now, `message ${life.sequence} ${text}`);
    }
    const lengthMs = leaseExpiresAt - now.at;
    const grant: Grant = {
      topicNumber: this.number,
      life,
      delivery: deliveries,
      deadline: leaseExpiresAt,
      lengthMs,
      gapMsBefore: now.gapMs,
      settledAs: undefined,
    };
    life.grant = grant;
    this.#surroundings.grants.set(token.toString('hex'), grant);
  }

  popped(message: Message, now: Step): void {
    const life = this.#deliver(message, now);
    life.end = 'acked';
    this.counts.acked += 1;
    this.#requireOrder([message], now);
  }

  #requireOrder(messages: readonly Message[], now: Step): void {
    const wrong = wrongOrder(
      { name: this.name, byKey: this.#byKey, view: now.view },
      messages,
      now,
    );
    if (wrong !== undefined) this.#fail(now, wrong);
  }

  /** The message is handed out now. */
  #deliver(message: Message, now: LogMoment): Life {
    const life = this.lives.get(message.sequence) ?? this.#adopt(message, now);
    const wrong = wrongDelivery(life, message, now);
    if (wrong !== undefined) this.#fail(now, `message ${life.sequence} is delivered ${wrong}`);
    const { grant } = life;
    // A delivery that nobody settled has failed, or the message would not be here again.
    if (grant !== undefined && grant.settledAs === undefined) life.failures += 1;
    if (!this.isUpdated && life.failures >= this.settings.maxFailures) {
      this.#fail(now, `message ${life.sequence} is delivered after ${life.failures} failures`);
    }
    life.deliveries += 1;
    life.blocksKey = false;
    life.grant = undefined;
    this.counts.delivered += 1;
    return life;
  }

  /** A message that no publish tells of: a redrive published it, which says only how many it moves. */
  #adopt({ sequence, body, key, priority, expiresAt }: Message, now: LogMoment): Life {
    const wrong = this.#surroundings.bodies.move(body);
    if (wrong !== undefined) this.#fail(now, `message ${sequence} ${wrong}`);
    const life: Life = {
      sequence,
      body: Buffer.from(body),
      key,
      priority,
      expiresAt,
      dedupId: undefined,
      rememberedUntil: 0,
      restsUntil: 0,
      blocksKey: false,
      deliveries: 0,
      failures: 0,
      grant: undefined,
      end: undefined,
    };
    this.#keep(life);
    return life;
  }

  settled(items: readonly DecodedSettlement[], answers: readonly Settled[], now: LogMoment): void {
    if (items.length !== answers.length) this.#fail(now, 'not each settlement has an answer');
    for (const [place, item] of items.entries()) {
      const answer = answers[place];
      if (answer !== undefined) this.#settle(item, answer, now);
    }
  }

  #settle(item: DecodedSettlement, answer: Settled, now: LogMoment): void {
    const grant = this.#surroundings.grants.get(item.token.toString('hex'));
    const own = grant?.topicNumber === this.number ? grant : undefined;
    const wrong = wrongSettlement({ item, answer, grant: own, mayBeGone: this.isPurged }, now);
    if (wrong !== undefined) {
      const which =
        own === undefined ? '' : ` of message ${own.life.sequence}, delivery ${own.delivery},`;
      this.#fail(now, `${item.action}${which} ${wrong}`);
    }
    if (!answer.ok || answer.already || own === undefined) return;
    if (item.action === 'extend') this.#extend(own, item, now);
    else this.#end(own, item, now);
  }

  #extend(
    grant: Grant,
    { leaseMs = this.settings.leaseMs }: DecodedSettlement,
    now: LogMoment,
  ): void {
    grant.deadline = now.at + leaseMs;
    grant.lengthMs = leaseMs;
    grant.gapMsBefore = now.gapMs;
  }

  #end(grant: Grant, { action, delayMs }: DecodedSettlement, { at }: LogMoment): void {
    const { life } = grant;
    grant.settledAs = action;
    if (action === 'ack') {
      life.end = 'acked';
      this.counts.acked += 1;
    }
    if (action === 'reject') life.end = 'rejected';
    if (action !== 'nack') return;
    life.failures += 1;
    this.counts.nacked += 1;
    if (life.failures >= this.settings.maxFailures) {
      life.end = 'failed';
      return;
    }
    const { initialMs, maxMs } = this.settings.backoff;
    const backoffMs = Math.min(initialMs * 2 ** (life.failures - 1), maxMs);
    life.restsUntil = at + (delayMs ?? backoffMs);
    life.blocksKey = true;
  }

  #fail(now: LogMoment, what: string): never {
    throw new AccountWrong(`entry ${now.index}, ${this.name}: ${what}`);
  }
}
