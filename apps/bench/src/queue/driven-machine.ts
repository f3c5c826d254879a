import { setImmediate } from 'node:timers/promises';
import { NodeStoreHost, QueueMachine, type QueueResult } from '@rrmq/queue';
import { logIndex, logTime } from '@rrmq/raft';
import { type FlushFigures, Flushing } from './flushing.ts';
import type { Meter } from './meter.ts';

/** So much a node executes before its sockets get their turn. */
const TURN_MS = 2;
const TURN_COMMANDS = 256;

/** Commands, one after another. */
export interface Commands {
  /** The next one; `undefined` at the end. */
  next(): Buffer | undefined;
  /** What came of it; the answer is how many messages it was about. */
  took(result: QueueResult): number;
}

/** The queue's machine on a store of its own on disk, without a log. */
export class DrivenMachine {
  readonly #machine: QueueMachine;
  readonly #flushing: Flushing;
  #index = 0;
  /** The log's time, in ms since the Unix epoch: any will do. */
  #at = 1_700_000_000_000;

  private constructor(machine: QueueMachine) {
    this.#machine = machine;
    this.#flushing = new Flushing(machine);
  }

  /** `directory` is there and empty. */
  static async open(directory: string): Promise<DrivenMachine> {
    const machine = new QueueMachine({ host: new NodeStoreHost(directory) });
    await machine.open(1);
    return new DrivenMachine(machine);
  }

  get flushFigures(): FlushFigures {
    return this.#flushing.figures;
  }

  /** Executes commands turn by turn and has them flushed; making them is not measured. */
  async run(commands: Commands, meter: Meter): Promise<void> {
    for (let isOver = false; !isOver;) {
      const startedMs = performance.now();
      await this.#flushing.room();
      const turn = this.#turn(commands, meter);
      this.#flushing.poke(turn.executed);
      await setImmediate();
      meter.passed(performance.now() - startedMs - turn.makingMs);
      isOver = turn.isLast;
    }
  }

  execute(command: Buffer): QueueResult {
    this.#index += 1;
    return this.#machine.apply(command, logTime(this.#at), logIndex(this.#index));
  }

  /** Lets the log's time go on. */
  wait(ms: number): void {
    this.#at += ms;
  }

  /** Resolves when all that was executed is on the disk. */
  async flush(): Promise<void> {
    await this.#flushing.finish();
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#machine.close();
  }

  #turn(commands: Commands, meter: Meter): Turn {
    let [executed, makingMs] = [0, 0];
    const startedMs = performance.now();
    for (let nowMs = startedMs; executed < TURN_COMMANDS; executed += 1) {
      const command = commands.next();
      const beginMs = performance.now();
      makingMs += beginMs - nowMs;
      if (command === undefined) return { executed, makingMs, isLast: true };
      const result = this.execute(command);
      nowMs = performance.now();
      meter.executed(nowMs - beginMs, commands.took(result));
      if (nowMs - startedMs - makingMs >= TURN_MS) break;
    }
    return { executed, makingMs, isLast: false };
  }
}

interface Turn {
  readonly executed: number;
  /** Spent on making commands. */
  readonly makingMs: number;
  readonly isLast: boolean;
}
