import type { PlainCommand, QueueResult } from '@rrmq/queue';
import { Work, type WorkWorld, requireResult } from './work-client.ts';
import { type WorkTopic, settingsOf } from './work-topics.ts';

/** Between two acts, up to so many ms: they are rare, so that messages live their lives. */
const REST_MS = 9_000;
/** A pause lasts up to so long. */
const PAUSE_MS = 1_500;

const STATES = ['ready', 'leased', 'delayed', 'dead', 'all'] as const;

const REFUSALS = ['in-progress', 'unknown-topic', 'unknown-target', 'topic-exists'] as const;

/** What it may do, by weight. */
const ACTS = [
  'redrive',
  'redrive',
  'redrive',
  'redrive-some',
  'purge',
  'pause',
  'pause',
  'update',
  'recreate',
] as const;

/** Purges, redrives, pauses, changes settings, deletes and creates again. */
export class QueueAdmin {
  readonly #work: Work;

  constructor(name: string, world: WorkWorld) {
    this.#work = new Work(name, world);
  }

  get calls(): number {
    return this.#work.calls;
  }

  start(): void {
    this.#work.caller.later(() => this.#next(), REST_MS);
  }

  stop(): void {
    this.#work.stop();
  }

  #next(): void {
    const { stopped, caller } = this.#work;
    if (stopped) return;
    this.#work.calls += 1;
    const topic = this.#work.pickTopic();
    const act = caller.random.pick(ACTS);
    switch (act) {
      case 'redrive':
        return this.#do([this.#redrive(topic)]);
      case 'redrive-some':
        return this.#do([{ kind: 'redrive', topic: topic.name, sequences: this.#sequences() }]);
      case 'purge':
        return this.#do([this.#purge(topic)]);
      case 'pause':
        return this.#pause(topic);
      case 'update': {
        const settings = settingsOf(caller.random);
        return this.#do([{ kind: 'update-topic', topic: topic.name, settings }]);
      }
      case 'recreate':
        return this.#do([
          { kind: 'delete-topic', topic: topic.name },
          { kind: 'create-topic', topic: topic.name, settings: settingsOf(caller.random) },
        ]);
      default:
        return act satisfies never;
    }
  }

  /** One after the other, each until it is known what became of it. */
  #do([first, ...rest]: readonly PlainCommand[]): void {
    if (first === undefined) return this.start();
    const { caller } = this.#work;
    const command = caller.random.chance(0.5) ? this.#work.once(first) : first;
    return this.#work.insist(command, (result) => {
      this.#told(first, result);
      this.#do(rest);
    });
  }

  #told(command: PlainCommand, result: QueueResult): void {
    requireResult(`a ${command.kind}`, result, REFUSALS);
    const topic = 'topic' in command ? command.topic : '';
    this.#work.caller.tell(topic, `${command.kind}: ${result.ok ? 'done' : result.code}`);
  }

  #redrive({ name: topic }: WorkTopic): PlainCommand {
    const { random } = this.#work.caller;
    return {
      kind: 'redrive',
      topic,
      ...(random.chance(0.4) ? { max: random.between(1, 5) } : {}),
      ...(random.chance(0.3) ? { to: this.#work.pickTopic().name } : {}),
      ...(random.chance(0.4) ? { ratePerSecond: random.between(1, 20) } : {}),
    };
  }

  #sequences(): number[] {
    const { random } = this.#work.caller;
    return Array.from({ length: 20 }, () => random.between(1, 60));
  }

  #purge({ name: topic }: WorkTopic): PlainCommand {
    const { random } = this.#work.caller;
    const olderThanMs = random.between(0, 3_000);
    return {
      kind: 'purge',
      topic,
      state: random.pick(STATES),
      ...(random.chance(0.5) ? { olderThanMs } : {}),
    };
  }

  #pause({ name: topic }: WorkTopic): void {
    const { caller } = this.#work;
    const publishing = caller.random.chance(0.5);
    const receiving = !publishing || caller.random.chance(0.3);
    this.#work.insist({ kind: 'pause-topic', topic, publishing, receiving }, () => {
      const goOn = { kind: 'pause-topic', topic, publishing: false, receiving: false } as const;
      caller.later(() => this.#do([goOn]), PAUSE_MS);
    });
  }
}
