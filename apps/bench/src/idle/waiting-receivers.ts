import { randomInt } from 'node:crypto';
import { encodeCall } from '../load/json-call.ts';
import { LeaderLane } from '../load/leader-lane.ts';

const WAIT_MS_MIN = 20_000;
const WAIT_MS_MAX = 55_000;

/** How waits ended. */
export interface WaitEnds {
  /** After their time, without a message, as they should. */
  readonly inVain: number;
  readonly withMessages: number;
  /** Tries without success, by what came: a status, or `no answer`. */
  readonly failures: Readonly<Record<string, number>>;
}

/** Consumers that each ask the leader for a message, wait 20 to 55 s in vain, and ask again. */
export class WaitingReceivers {
  readonly #topic: string;
  readonly #lanes: readonly LeaderLane[];
  #inVain = 0;
  #withMessages = 0;
  #isOver = false;

  constructor(topic: string, ports: readonly number[], count: number) {
    this.#topic = topic;
    this.#lanes = Array.from({ length: count }, () => new LeaderLane(ports));
  }

  start(): void {
    for (const lane of this.#lanes) void this.#repeat(lane);
  }

  stop(): void {
    this.#isOver = true;
    for (const lane of this.#lanes) lane.close();
  }

  /** Counts anew from now on. */
  forget(): void {
    this.#inVain = 0;
    this.#withMessages = 0;
    for (const { failures } of this.#lanes) failures.clear();
  }

  ends(): WaitEnds {
    const failures: Record<string, number> = {};
    for (const [what, count] of this.#lanes.flatMap((lane) => [...lane.failures])) {
      failures[what] = (failures[what] ?? 0) + count;
    }
    return { inVain: this.#inVain, withMessages: this.#withMessages, failures };
  }

  async #repeat(lane: LeaderLane): Promise<void> {
    while (!this.#isOver) {
      const waitMs = randomInt(WAIT_MS_MIN, WAIT_MS_MAX);
      const call = `POST /v1/topics/${this.#topic}/receive`;
      const answer = await lane.ask(encodeCall(call, { max: 10, waitMs }));
      if (this.#isOver || answer === undefined) continue;
      const { messages } = JSON.parse(answer) as { messages: readonly unknown[] };
      if (messages.length === 0) this.#inVain += 1;
      else this.#withMessages += 1;
    }
  }
}
