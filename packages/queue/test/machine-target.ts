import {
  type Command,
  type MessageState,
  MESSAGES_PER_COMMAND_MAX,
  type PeekedMessage,
  type QueueMachine,
  type QueueMachineOptions,
  type QueueResult,
  type QueueView,
  type TopicStats,
} from '@rrmq/queue';
import { logIndex, logTime } from '@rrmq/raft';
import { openMachine, run } from './commands.ts';
import type { Target } from './target.ts';

const STATES: readonly MessageState[] = ['ready', 'leased', 'delayed', 'dead'];

/** A machine as a target, with the log that it was given. */
export class MachineTarget implements Target {
  machine: QueueMachine;
  /** What each entry did, from index 1 on. */
  readonly #log: ((machine: QueueMachine) => void)[] = [];

  constructor(machine: QueueMachine) {
    this.machine = machine;
  }

  /** Goes on with a machine that was opened on the same store: it gets the entries that it has not got. */
  replace(machine: QueueMachine): void {
    this.machine = machine;
    for (const play of this.#log.slice(machine.appliedIndex)) play(machine);
  }

  run(command: Command, at: number): QueueResult {
    this.#log.push((machine) => run(machine, command, at));
    return run(this.machine, command, at);
  }

  termStart(at: number, gapMs: number): void {
    const play = (machine: QueueMachine): void => {
      machine.termStart(logTime(at), gapMs, logIndex(machine.appliedIndex + 1));
    };
    this.#log.push(play);
    play(this.machine);
  }

  topics(): string[] {
    return this.machine.topics();
  }

  stats(topic: string): TopicStats | undefined {
    return this.machine.stats(topic);
  }

  available(topic: string): number {
    return this.machine.available(topic);
  }

  nextDue(): number | undefined {
    return this.machine.nextDue();
  }

  get hasSecret(): boolean {
    return this.machine.hasSecret;
  }

  messages(topic: string): PeekedMessage[] {
    const all = STATES.flatMap((state) => peekAll(this.machine, topic, state));
    return all.toSorted((a, b) => a.message.sequence - b.message.sequence);
  }
}

export async function openMachineTarget(
  options: Partial<QueueMachineOptions> = {},
): Promise<MachineTarget> {
  return new MachineTarget(await openMachine(options));
}

/** Page by page, in pages of different sizes. */
function peekAll(view: QueueView, topic: string, state: MessageState): PeekedMessage[] {
  const all: PeekedMessage[] = [];
  let limit = 1;
  let after: number | undefined = 0;
  while (after !== undefined) {
    const page = view.peek(topic, { state, after, limit });
    all.push(...(page?.messages ?? []));
    after = page?.next;
    limit = Math.min(limit * 3, MESSAGES_PER_COMMAND_MAX);
  }
  return all;
}
