import type { Command, PlainCommand, QueueResult } from '@rrmq/queue';
import { AccountWrong } from '../account-wrong.ts';
import { Caller, type CallerWorld } from './caller.ts';
import type { WorkTopic } from './work-topics.ts';

export interface WorkWorld extends CallerWorld {
  readonly topics: readonly [WorkTopic, ...WorkTopic[]];
}

type Refusal = Extract<QueueResult, { ok: false }>['code'];

/** What a client of a topic with leases has in common with others. */
export class Work {
  /** Calls begun; a repeated one is one call. */
  calls = 0;
  readonly caller: Caller;
  readonly topics: WorkWorld['topics'];
  #requests = 0;
  #stopped = false;

  constructor(name: string, world: WorkWorld) {
    this.caller = new Caller(name, world);
    this.topics = world.topics;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  stop(): void {
    this.#stopped = true;
  }

  pickTopic(): WorkTopic {
    return this.caller.random.pick(this.topics);
  }

  /** The command under an idempotency key of its own: it may be sent again until its outcome is known. */
  once(command: PlainCommand): Command {
    this.#requests += 1;
    return { kind: 'once', key: `${this.caller.name}:${this.#requests}`, command };
  }

  /** Sends a command again until it is known what became of it, or the client stops. */
  insist(command: Command, done: (result: QueueResult) => void): void {
    if (this.#stopped) return;
    this.caller.offer(command, (outcome) => {
      if (outcome.kind === 'committed') done(outcome.result);
      else this.caller.later(() => this.insist(command, done));
    });
  }
}

/** Throws unless the result is a success, or one of these refusals. */
export function requireResult(
  what: string,
  result: QueueResult,
  refusals: readonly Refusal[],
): void {
  if (result.ok || refusals.includes(result.code)) return;
  throw new AccountWrong(`${what} ended ${result.code}`);
}
