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

/** A machine as a target; `machine` may be replaced by one that was opened on the same store. */
export class MachineTarget implements Target {
  machine: QueueMachine;

  constructor(machine: QueueMachine) {
    this.machine = machine;
  }

  run(command: Command, at: number): QueueResult {
    return run(this.machine, command, at);
  }

  termStart(at: number, gapMs: number): void {
    this.machine.termStart(logTime(at), gapMs, logIndex(this.machine.appliedIndex + 1));
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
