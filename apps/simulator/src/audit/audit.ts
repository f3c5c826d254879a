import { isDeepStrictEqual } from 'node:util';
import {
  type DecodedPlainCommand,
  type QueueMachine,
  type QueueResult,
  REQUEST_MS,
  decodeCommand,
  defaultTopicSettings,
} from '@rrmq/queue';
import type { ExecutedEntry, TermStart } from '@rrmq/raft/testing';
import { AccountWrong } from '../account-wrong.ts';
import { Bodies } from './bodies.ts';
import { wrongContents, wrongCounts, wrongFill } from './counter-rules.ts';
import { type Grant, type LogMoment, isValid } from './life.ts';
import { Sightings } from './sightings.ts';
import { TopicAudit } from './topic-audit.ts';

/** Between two looks at all that a machine holds, in entries: such a look takes time. */
const LOOK_EVERY = 50;

type Entry = ExecutedEntry<QueueResult>;

/** A request that carried an idempotency key. */
interface Request {
  readonly command: Buffer;
  readonly result: QueueResult;
  readonly at: number;
}

/**
 * Follows the log as nodes execute it, each entry once, and knows by commands and results alone what becomes of each
 * message. Fails with `AccountWrong` at the entry at which a promise of the queue is broken; what it promises is in
 * `docs/SEMANTICS.md`. That all nodes answer alike is `safety.ts`'s business.
 */
export class Audit {
  readonly #topics = new Map<string, TopicAudit>();
  readonly #surroundings = { bodies: new Bodies(), grants: new Map<string, Grant>() };
  readonly #requests = new Map<string, Request>();
  /** What each entry did, for those who are told of it. */
  readonly #entries = new Map<number, Entry>();
  #now: LogMoment = { index: 0, at: 0, gapMs: 0 };
  #topicsCreated = 0;
  readonly #failed: (error: unknown) => void;
  readonly sightings = new Sightings();

  /** `fail`: called for what is wrong while entries are executed. Whoever executes goes on: it is not to blame. */
  constructor(fail: (error: unknown) => void) {
    this.#failed = fail;
  }

  /** A node has executed an entry on this machine. */
  executed(machine: QueueMachine, entry: Entry): void {
    if (entry.index <= this.#now.index) return;
    this.#guard(() => this.#execute(machine, entry));
  }

  #guard(look: () => void): void {
    try {
      look();
    } catch (error) {
      this.#failed(error);
    }
  }

  #execute(machine: QueueMachine, entry: Entry): void {
    const { index, at, result } = entry;
    this.#now = { ...this.#now, index, at };
    const command = Buffer.from(entry.command);
    this.#entries.set(index, { ...entry, command });
    const decoded = decodeCommand(command);
    if (decoded === undefined) return this.#fail('the command is malformed');
    this.sightings.result(result);
    switch (decoded.kind) {
      case 'once':
        if (this.#isNew(decoded.key, decoded.bytes, result)) {
          this.#done(machine, decoded.command, result);
        }
        break;
      case 'compare-states':
        break;
      case 'restore-begin':
      case 'restore-chunk':
      case 'restore-end':
        return this.#fail('nobody restores a backup');
      default:
        this.#done(machine, decoded, result);
    }
    return this.#look(machine, index);
  }

  termStarted({ index, at, gapMs }: TermStart): void {
    if (index <= this.#now.index) return;
    this.#now = { index, at, gapMs: this.#now.gapMs + gapMs };
    const isHeld = (grant: Grant): boolean => isValid(grant, this.#now);
    if (gapMs > 0)
      this.sightings.add('put-off', [...this.#surroundings.grants.values()].filter(isHeld).length);
  }

  /** A client was told that its command became this entry, with this result. */
  told(command: Buffer, { index, result }: Pick<Entry, 'index' | 'result'>): void {
    this.#guard(() => {
      const entry = this.#entries.get(index);
      if (entry === undefined || !entry.command.equals(command)) {
        throw new AccountWrong(`entry ${index} is told to whoever sent another command`);
      }
      if (!isDeepStrictEqual(entry.result, result)) {
        throw new AccountWrong(`entry ${index} has another result than a client was told`);
      }
    });
  }

  /** At the end, on a machine that has executed all. */
  settle(machine: QueueMachine): void {
    for (const topic of this.#topics.values()) {
      const wrong = wrongContents(machine, topic.name);
      if (wrong !== undefined) this.#fail(`${topic.name}: ${wrong}`);
      this.#account(topic, machine);
    }
  }

  /** Each message that was not acked is in the topic, or its disappearance was counted by its cause. */
  #account(topic: TopicAudit, machine: QueueMachine): void {
    const stats = machine.stats(topic.name);
    if (stats === undefined) return;
    this.sightings.add('dead-lettered', stats.deadLettered);
    this.sightings.add('expired-discarded', stats.discarded.expired);
    this.sightings.add('dropped', stats.discarded.overflow);
    let missing = 0;
    for (const { sequence, end } of topic.lives.values()) {
      const isThere = machine.message(topic.name, sequence) !== undefined;
      if (end === 'acked' && isThere)
        this.#fail(`${topic.name}: ${sequence} was acked, and is there`);
      if (end !== 'acked' && !isThere) missing += 1;
    }
    const { expired, overflow, purged } = stats.discarded;
    const counted = expired + overflow + purged + stats.redriven;
    // Of what redrives brought only that is known which was delivered.
    if (missing > counted) {
      this.#fail(`${topic.name}: ${missing} messages are gone, ${counted} by a named cause`);
    }
  }

  /** Whether the command under this key is executed now, and not only answered as before. */
  #isNew(key: string, command: Buffer, result: QueueResult): boolean {
    const { at } = this.#now;
    const before = this.#requests.get(key);
    if (before === undefined || at >= before.at + REQUEST_MS) {
      if (result.ok) this.#requests.set(key, { command, result, at });
      return true;
    }
    if (!before.command.equals(command)) {
      if (!result.ok && result.code === 'key-reused') return false;
      this.#fail(`another command under the idempotency key ${key} is executed`);
    }
    this.sightings.add('once-repeated');
    if (isDeepStrictEqual(before.result, result)) return false;
    return this.#fail(`the request under the idempotency key ${key} is executed a second time`);
  }

  #done(machine: QueueMachine, command: DecodedPlainCommand, result: QueueResult): void {
    if (command.kind === 'advance') return this.#countAll(machine);
    if (command.kind === 'create-topic') return this.#created(command, result);
    const topic = this.#topics.get(command.topic);
    if (topic === undefined) {
      if (result.ok) this.#fail(`${command.kind} succeeds in ${command.topic}, which is not there`);
      return undefined;
    }
    if (!result.ok) {
      if (result.code === 'unknown-topic') this.#fail(`${command.topic} is there, and not found`);
      return this.#count(machine, topic);
    }
    if (command.kind === 'delete-topic') {
      this.#topics.delete(command.topic);
      return undefined;
    }
    if (!('topicNumber' in result)) return this.#mismatch(command, result);
    if (result.topicNumber !== topic.number) {
      this.#fail(`${topic.name} is topic ${topic.number}, and not ${result.topicNumber}`);
    }
    this.#inTopic(topic, { command, result, machine });
    return this.#countAll(machine);
  }

  #created(
    {
      topic: name,
      settings = defaultTopicSettings,
    }: DecodedPlainCommand & { kind: 'create-topic' },
    result: QueueResult,
  ): void {
    if (!result.ok) return;
    if (this.#topics.has(name)) this.#fail(`${name} is created though it is there`);
    if (result.kind !== 'topic-created') this.#fail(`a creation ends ${result.kind}`);
    this.#topicsCreated += 1;
    const { topicNumber: number } = result;
    if (number !== this.#topicsCreated)
      this.#fail(`topic ${this.#topicsCreated} is called ${number}`);
    this.#topics.set(name, new TopicAudit({ number, name, settings }, this.#surroundings));
  }

  #inTopic(topic: TopicAudit, { command, result, machine }: Done): void {
    const now = { ...this.#now, view: machine };
    switch (result.kind) {
      case 'published': {
        if (command.kind !== 'publish') return this.#mismatch(command, result);
        topic.published(command, result, now);
        const stats = machine.stats(topic.name);
        const wrong = stats && result.count > 0 ? wrongFill(stats, topic.settings) : undefined;
        if (wrong !== undefined && !topic.isUpdated) this.#fail(`${topic.name}: ${wrong}`);
        return undefined;
      }
      case 'popped':
        return topic.popped(result.message, now);
      case 'received':
        if (command.kind !== 'receive') return this.#mismatch(command, result);
        topic.settled(command.settle, result.settled, now);
        return topic.received(result.deliveries, now);
      case 'settled':
        if (command.kind !== 'settle') return this.#mismatch(command, result);
        return topic.settled(command.settle, result.settled, now);
      case 'purged':
        topic.isPurged = true;
        return undefined;
      case 'topic-updated':
        if (command.kind !== 'update-topic') return this.#mismatch(command, result);
        topic.isUpdated = true;
        topic.settings = command.settings;
        return undefined;
      default:
        return undefined;
    }
  }

  #mismatch({ kind }: DecodedPlainCommand, result: QueueResult): never {
    return this.#fail(`a ${kind} ends ${result.ok ? result.kind : result.code}`);
  }

  #countAll(machine: QueueMachine): void {
    for (const topic of this.#topics.values()) this.#count(machine, topic);
  }

  #count(machine: QueueMachine, topic: TopicAudit): void {
    const stats = machine.stats(topic.name);
    if (stats === undefined) this.#fail(`${topic.name} is gone, and nobody deleted it`);
    const wrong = wrongCounts(stats, topic.counts);
    if (wrong !== undefined) this.#fail(`${topic.name}: ${wrong}`);
    const { overflow } = topic.settings.limits;
    const mayDrop = topic.isUpdated || overflow === 'drop-oldest';
    if (!mayDrop && stats.discarded.overflow > 0) {
      this.#fail(
        `${topic.name}: ${stats.discarded.overflow} were dropped, its overflow is ${overflow}`,
      );
    }
  }

  #look(machine: QueueMachine, index: number): void {
    if (index % LOOK_EVERY !== 0) return;
    const violations = machine.violations();
    if (violations.length > 0) this.#fail(violations.join('; '));
  }

  #fail(what: string): never {
    throw new AccountWrong(`entry ${this.#now.index}: ${what}`);
  }
}

interface Done {
  readonly command: Exclude<DecodedPlainCommand, { kind: 'advance' | 'create-topic' }>;
  readonly result: Extract<QueueResult, { ok: true; topicNumber: number }>;
  readonly machine: QueueMachine;
}
