import type { Clock, Network, PeerStream, StreamHandlers, Timers } from '../ports.ts';
import type { SimClock } from './sim-clock.ts';
import type { SimWorld } from './sim-world.ts';

/**
 * One boot of a node: everything that calls into it passes here, so that it can be paused (calls wait) or be dead
 * (calls are lost).
 */
export class SimProcess {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly #world: SimWorld;
  #alive = true;
  #ran = true;
  #paused = false;
  #waiting: (() => void)[] = [];

  constructor(world: SimWorld, clock: SimClock) {
    this.#world = world;
    this.clock = clock;
    this.timers = {
      after: (delayMs, callback) => this.#after(delayMs / clock.rate, callback),
      afterIo: (callback) => void world.after(0, () => this.run(callback)),
    };
  }

  /** A timer that rings while the process is paused can still be called off. */
  #after(delayMs: number, callback: () => void): () => void {
    let calledOff = false;
    const ring = (): void => {
      if (!calledOff) callback();
    };
    const callOff = this.#world.after(delayMs, () => this.run(ring));
    return () => {
      calledOff = true;
      callOff();
    };
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Calls into the process, now or when it goes on. */
  run(callback: () => void): void {
    if (!this.#alive) return;
    if (this.#paused) {
      this.#waiting.push(callback);
    } else {
      this.#ran = true;
      callback();
    }
  }

  /** Whether anything called into the process since this was asked last. */
  ranSince(): boolean {
    const ran = this.#ran;
    this.#ran = false;
    return ran;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const callback of waiting) this.#world.after(0, () => this.run(callback));
  }

  die(): void {
    this.#alive = false;
    this.#waiting = [];
  }

  /** Resolves after `ms`, and not while the process is paused. */
  delay(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#world.after(ms, () => this.run(resolve));
    });
  }

  /** The network as this process sees it. */
  gate(network: Network): Network {
    const gated = (handlers: StreamHandlers): StreamHandlers => ({
      opened: () => this.run(() => handlers.opened()),
      received: (bytes) => this.run(() => handlers.received(bytes)),
      closed: (reason) => this.run(() => handlers.closed(reason)),
    });
    return {
      listen: (accept) =>
        network.listen((stream) => {
          // The operating system accepts; the process hears of it when it runs.
          const early = new EarlyStream(stream, gated);
          this.run(() => accept(early));
        }),
      connect: (address, handlers) => network.connect(address, gated(handlers)),
    };
  }
}

/** An accepted stream whose process may be paused: what comes before it is handled waits. */
class EarlyStream implements PeerStream {
  readonly #stream: PeerStream;
  #handlers: StreamHandlers | undefined;
  #early: ((handlers: StreamHandlers) => void)[] = [];

  constructor(stream: PeerStream, gated: (handlers: StreamHandlers) => StreamHandlers) {
    this.#stream = stream;
    stream.handle(
      gated({
        opened: () => this.#tell((handlers) => handlers.opened()),
        received: (bytes) => this.#tell((handlers) => handlers.received(bytes)),
        closed: (reason) => this.#tell((handlers) => handlers.closed(reason)),
      }),
    );
  }

  get queuedBytes(): number {
    return this.#stream.queuedBytes;
  }

  handle(handlers: StreamHandlers): void {
    this.#handlers = handlers;
    for (const tell of this.#early) tell(handlers);
    this.#early = [];
  }

  write(chunks: readonly Uint8Array[]): void {
    this.#stream.write(chunks);
  }

  close(): void {
    this.#stream.close();
  }

  #tell(tell: (handlers: StreamHandlers) => void): void {
    if (this.#handlers === undefined) this.#early.push(tell);
    else tell(this.#handlers);
  }
}
