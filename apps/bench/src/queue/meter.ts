import { percentile } from '../statistics.ts';

/** What the commands of one kind took. */
export interface CommandFigures {
  readonly commands: number;
  readonly messages: number;
  /** Executing them, without flushes. */
  readonly busyMs: number;
  /** From the first to the last, with flushes and the time in which the disk had to be waited for. */
  readonly elapsedMs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

/** Takes the time of commands of one kind. */
export class Meter {
  readonly #latenciesUs: number[] = [];
  #messages = 0;
  #busyMs = 0;
  #elapsedMs = 0;

  /** One command was executed. */
  executed(ms: number, messages: number): void {
    this.#latenciesUs.push(ms * 1000);
    this.#messages += messages;
    this.#busyMs += ms;
  }

  /** So much time passed with commands of this kind. */
  passed(ms: number): void {
    this.#elapsedMs += ms;
  }

  figures(): CommandFigures {
    const latencies = this.#latenciesUs;
    return {
      commands: latencies.length,
      messages: this.#messages,
      busyMs: this.#busyMs,
      elapsedMs: this.#elapsedMs,
      p50Us: percentile(latencies, 50),
      p99Us: percentile(latencies, 99),
      maxUs: latencies.reduce((most, latency) => Math.max(most, latency), 0),
    };
  }
}
