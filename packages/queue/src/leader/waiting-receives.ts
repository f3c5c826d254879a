import {
  type Group,
  type GroupStatus,
  type Outcome,
  type Ports,
  type RefusalReason,
  type Term,
  assert,
} from '@rrmq/raft';
import { encodeCommand } from '../commands/command-encoding.ts';
import type { Settlement } from '../commands/command.ts';
import { MESSAGES_PER_COMMAND_MAX } from '../commands/limits.ts';
import type { QueueView } from '../queue-view.ts';
import type { Delivery, QueueRefusal, QueueResult } from '../results/result.ts';
import type { ReceiveOutcome, ReceiveRequest } from './receive-request.ts';
import { type Waiter, WaitingLine } from './waiting-line.ts';

/** As many as a port has connections; each takes about a kilobyte. */
const WAITERS_MAX = 10_000;

/** What a leader lacks for a moment, a quorum's confirmation, it has some ms later. */
const RETRY_MS = 20;

export interface WaitingReceivesOptions {
  readonly group: Pick<Group<QueueResult>, 'propose' | 'read' | 'watchProgress'> & {
    status(): Pick<GroupStatus, 'role' | 'term'>;
  };
  readonly queue: Pick<
    QueueView,
    'available' | 'has' | 'hasSecret' | 'restoring' | 'stats' | 'topic'
  >;
  readonly timers: Pick<Ports['timers'], 'after'>;
  /** 16 bytes that nobody can guess, new ones each time. */
  readonly newSecret: () => Uint8Array;
  /** Receives at once, all topics together. Default 10,000. */
  readonly waitersMax?: number;
}

/**
 * Receives on the leader. Those that find nothing wait outside of the log, first come first served by topic, and write
 * nothing; a publish that may serve them is followed by their receive in the same batch. When leadership moves all waits
 * end. Whoever goes away gets nothing: what was leased to it meanwhile is released.
 */
export class WaitingReceives {
  readonly #options: WaitingReceivesOptions;
  readonly #waitersMax: number;
  readonly #lines = new Map<string, WaitingLine>();
  readonly #endWatch: () => void;
  #count = 0;
  #term: Term | undefined;
  #callOffRetry: (() => void) | undefined;
  #stopped = false;

  constructor(options: WaitingReceivesOptions) {
    this.#options = options;
    this.#waitersMax = options.waitersMax ?? WAITERS_MAX;
    this.#endWatch = options.group.watchProgress(() => this.#look());
  }

  /** Receives that have not ended. */
  get count(): number {
    return this.#count;
  }

  /** `done` is called once, perhaps at once. Returns a function that says that the client has gone: then it is not called. */
  receive(request: ReceiveRequest, done: (outcome: ReceiveOutcome) => void): () => void {
    const refusal = this.#refusal();
    if (refusal !== undefined) {
      done(refusal);
      return () => undefined;
    }
    const waiter = this.#join(request, done);
    if (request.settle.length > 0) this.#settleFirst(waiter);
    else this.#serve(waiter.line);
    if (waiter.state === 'waiting') this.#confirm(waiter);
    return () => this.#leave(waiter);
  }

  /** A publish that adds up to `count` messages to be received at once was proposed in this turn. */
  publishing(topic: string, count: number): void {
    const line = this.#lines.get(topic);
    if (line === undefined || line.waiting === 0) return;
    const { queue } = this.#options;
    const { settings, paused } = queue.topic(topic) ?? {};
    const leased = queue.stats(topic)?.leased ?? 0;
    if (settings === undefined || paused?.receiving === true) return;
    if (leased + line.asked >= settings.limits.maxInFlight) return;
    for (const waiter of line.firstFor(count)) this.#propose(waiter, waiter.request.max);
  }

  /** Ends all waits; what is on its way ends by itself. */
  stop(): void {
    this.#stopped = true;
    this.#endWatch();
    this.#callOffRetry?.();
    this.#endWaiting({ kind: 'group-refused', reason: 'stopping' });
  }

  #refusal(): ReceiveOutcome | undefined {
    if (this.#stopped) return { kind: 'group-refused', reason: 'stopping' };
    const { role, term } = this.#options.group.status();
    if (role !== 'leader') return { kind: 'group-refused', reason: 'not-leader' };
    if (term !== this.#term) this.#enterTerm(term);
    return this.#count < this.#waitersMax ? undefined : { kind: 'too-many' };
  }

  #join(request: ReceiveRequest, done: (outcome: ReceiveOutcome) => void): Waiter {
    const { topic, settle, waitMs } = request;
    const line = this.#lines.get(topic) ?? new WaitingLine(topic);
    this.#lines.set(topic, line);
    const waiter: Waiter = {
      request,
      line,
      done,
      state: 'waiting',
      settled: settle.length > 0 ? undefined : [],
      confirmed: false,
      confirming: false,
      overdue: waitMs === 0,
      callOffTimer: () => undefined,
    };
    if (waitMs > 0) {
      waiter.callOffTimer = this.#options.timers.after(waitMs, () => {
        waiter.overdue = true;
        this.#maybeEnd(waiter);
      });
    }
    line.join(waiter);
    this.#count += 1;
    return waiter;
  }

  /** What becomes free by the settlements belongs to those that wait already. */
  #settleFirst(waiter: Waiter): void {
    const isAlone = waiter.line.waiting === 1;
    this.#propose(waiter, isAlone ? waiter.request.max : 0);
  }

  /** Proposes for the first in line, as many as what is there now can serve. */
  #serve(line: WaitingLine): void {
    if (line.waiting === 0) return;
    const room = this.#options.queue.available(line.topic) - line.asked;
    for (const waiter of line.firstFor(room)) this.#propose(waiter, waiter.request.max);
  }

  #propose(waiter: Waiter, wanted: number): void {
    const { group, queue, newSecret } = this.#options;
    const { topic, leaseMs } = waiter.request;
    const settle = waiter.settled === undefined ? waiter.request.settle : [];
    const max = Math.min(wanted, MESSAGES_PER_COMMAND_MAX - settle.length);
    const command = encodeCommand({
      kind: 'receive',
      topic,
      max,
      settle,
      ...(leaseMs === undefined ? {} : { leaseMs }),
      ...(queue.hasSecret ? {} : { secret: newSecret() }),
    });
    waiter.line.proposed(waiter, max);
    group.propose(command, (outcome) => this.#ended(waiter, max, outcome), 'shrinks');
  }

  #ended(waiter: Waiter, max: number, outcome: Outcome<QueueResult>): void {
    waiter.line.ended(waiter, max);
    switch (outcome.kind) {
      case 'committed':
        this.#executed(waiter, outcome.result);
        break;
      case 'refused':
        this.#refused(waiter, outcome.reason);
        break;
      case 'unknown':
        this.#end(waiter, { kind: 'unknown' });
        break;
      default:
        outcome satisfies never;
    }
    this.#tidy(waiter.line);
  }

  #executed(waiter: Waiter, result: QueueResult): void {
    if (!result.ok) return this.#end(waiter, { kind: 'refused', code: result.code });
    assert(result.kind === 'received', 'a receive receives');
    const { topicNumber, deliveries } = result;
    waiter.settled ??= result.settled;
    waiter.confirmed = true;
    if (deliveries.length === 0) return this.#maybeEnd(waiter);
    if (waiter.state === 'over') return this.#release(waiter.line.topic, deliveries);
    return this.#finish(waiter, {
      kind: 'received',
      topicNumber,
      settled: waiter.settled,
      deliveries,
    });
  }

  /** The client has gone: the messages go back uncounted. When this fails their leases expire. */
  #release(topic: string, deliveries: readonly Delivery[]): void {
    const settle = deliveries.map(({ token }): Settlement => ({ action: 'release', token }));
    const command = encodeCommand({ kind: 'settle', topic, settle });
    this.#options.group.propose(command, () => undefined, 'shrinks');
  }

  #refused(waiter: Waiter, reason: RefusalReason): void {
    if (isPassing(reason)) return this.#lookSoon();
    this.#end(waiter, reason === 'not-leader' ? MOVED : { kind: 'group-refused', reason });
  }

  /** An empty answer is given only when a quorum has confirmed since the receive came that there was nothing. */
  #confirm(waiter: Waiter): void {
    if (waiter.confirmed || waiter.confirming) return;
    waiter.confirming = true;
    this.#options.group.read((outcome) => {
      waiter.confirming = false;
      if (waiter.state === 'over') return;
      if (outcome.kind === 'refused') return this.#refused(waiter, outcome.reason);
      waiter.confirmed = true;
      const code = this.#queueRefusal(waiter.line.topic);
      if (code !== undefined) return this.#end(waiter, { kind: 'refused', code });
      this.#serve(waiter.line);
      return this.#maybeEnd(waiter);
    });
  }

  #queueRefusal(topic: string): QueueRefusal | undefined {
    const { queue } = this.#options;
    if (queue.restoring() !== undefined) return 'restoring';
    if (!queue.has(topic)) return 'unknown-topic';
    return queue.topic(topic)?.paused.receiving === true ? 'paused' : undefined;
  }

  /** Entries were executed, or leadership changed. */
  #look(): void {
    if (this.#count === 0) return;
    const { role, term } = this.#options.group.status();
    if (role !== 'leader' || term !== this.#term) {
      return this.#enterTerm(role === 'leader' ? term : undefined);
    }
    for (const line of this.#lines.values()) this.#lookAt(line);
  }

  /** Whoever waited in another term is told: other nodes may have led in between. */
  #enterTerm(term: Term | undefined): void {
    this.#term = term;
    this.#endWaiting(MOVED);
  }

  #lookAt(line: WaitingLine): void {
    if (line.waiting === 0) return;
    if (this.#options.queue.has(line.topic)) this.#serve(line);
    else this.#endLine(line, { kind: 'refused', code: 'unknown-topic' });
  }

  #lookSoon(): void {
    this.#callOffRetry ??= this.#options.timers.after(RETRY_MS, () => {
      this.#callOffRetry = undefined;
      for (const line of this.#lines.values()) {
        for (const waiter of line.all()) this.#tryAgain(waiter);
      }
      this.#look();
    });
  }

  #tryAgain(waiter: Waiter): void {
    if (waiter.state !== 'waiting') return;
    if (waiter.settled === undefined) this.#settleFirst(waiter);
    else this.#confirm(waiter);
  }

  #endWaiting(outcome: ReceiveOutcome): void {
    for (const line of this.#lines.values()) this.#endLine(line, outcome);
  }

  #endLine(line: WaitingLine, outcome: ReceiveOutcome): void {
    for (const waiter of line.all()) {
      if (waiter.state === 'waiting') this.#end(waiter, outcome);
    }
    this.#tidy(line);
  }

  #maybeEnd(waiter: Waiter): void {
    if (waiter.state !== 'waiting' || !waiter.overdue || !waiter.confirmed) return;
    this.#finish(waiter, { kind: 'empty', settled: waiter.settled ?? [] });
  }

  /** What was settled is told, whatever came of the rest. */
  #end(waiter: Waiter, outcome: ReceiveOutcome): void {
    const { settled = [] } = waiter;
    this.#finish(waiter, settled.length > 0 ? { kind: 'empty', settled } : outcome);
  }

  #finish(waiter: Waiter, outcome: ReceiveOutcome): void {
    if (waiter.state === 'over') return;
    this.#leave(waiter);
    waiter.done(outcome);
  }

  #leave(waiter: Waiter): void {
    if (waiter.state === 'over') return;
    waiter.callOffTimer();
    waiter.line.leave(waiter);
    this.#count -= 1;
    this.#tidy(waiter.line);
  }

  #tidy(line: WaitingLine): void {
    if (line.isEmpty && this.#lines.get(line.topic) === line) this.#lines.delete(line.topic);
  }
}

const MOVED: ReceiveOutcome = { kind: 'moved' };

const isPassing = (reason: RefusalReason): boolean =>
  reason === 'unconfirmed' || reason === 'transferring';
