import type { Timers } from '../ports.ts';

/** Timers of the event loop. */
export class NodeTimers implements Timers {
  after(delayMs: number, callback: () => void): () => void {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  }

  /** The check phase of the loop comes right after the poll phase, which delivers what the sockets hold. */
  afterIo(callback: () => void): void {
    setImmediate(callback);
  }
}
