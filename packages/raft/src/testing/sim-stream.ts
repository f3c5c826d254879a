import type { CloseReason, PeerAddress, PeerStream, Random, StreamHandlers } from '../ports.ts';

/** Virtual time. Callbacks that are due at the same time run in any order, but always the same one. */
export interface SimScheduler {
  now(): number;
  /** Returns a function that calls it off. */
  after(ms: number, callback: () => void): () => void;
}

/** What may happen to one unit, which is the chunks of one write. Can be changed while the network runs. */
export interface SimNetworkFaults {
  /** Probability 0 … 1 that a unit is lost. */
  drop: number;
  /** Probability that a unit comes twice. */
  duplicate: number;
  /** Probability that a unit is overtaken by later ones, by up to ten times `maxMs`. */
  reorder: number;
  /** Latency one way, uniform in minMs … maxMs. */
  minMs: number;
  maxMs: number;
  /** What one stream carries each way in a ms; `Infinity`: units take no time but the latency. */
  bytesPerMs: number;
}

/** What becomes of a unit on its way: the chunks that arrive. */
export type SimTamper = (
  chunks: readonly Uint8Array[],
  from: PeerAddress,
  to: PeerAddress,
) => readonly Uint8Array[];

/** How long an attempt to connect hangs when nothing answers. */
const CONNECT_MS_MAX = 1_000;

const REORDER_FACTOR = 10;

/** Delivered units are cut off the queue at the latest when there are this many. */
const FLOWN_MAX = 256;

type SimItem = readonly Uint8Array[] | 'arrived' | 'opened' | 'ended' | 'refused';

/** What all streams of a network share. */
interface StreamWorld {
  readonly scheduler: SimScheduler;
  readonly random: Random;
  readonly faults: SimNetworkFaults;
  readonly tamper: SimTamper | undefined;
  /** Units delivered so far. */
  delivered: number;
}

/** One process at one address. A crash ends the process; its address comes back with a new one. */
export class SimHost {
  readonly streams = new Set<SimStream>();
  /** Hosts that nothing gets through to from here, by address. */
  readonly blocked = new Set<string>();
  /** Hosts that everything to is held up. */
  readonly stalled = new Set<string>();
  /** What everything to and from here takes longer. */
  extraMs = 0;
  accept: ((stream: PeerStream) => void) | undefined;
  isUp = true;
  /** The machine has no power: nothing that comes is answered. */
  isSilent = false;
  /** Counts the processes. */
  process = 1;

  readonly address: string;
  readonly location: PeerAddress;

  constructor(location: PeerAddress) {
    this.location = location;
    this.address = keyOf(location);
  }
}

export const keyOf = (address: PeerAddress): string => `${address.ip}:${address.port}`;

/** One end of a stream. */
export class SimStream implements PeerStream {
  queuedBytes = 0;
  readonly #network: StreamWorld;
  readonly #here: SimHost;
  readonly #there: SimHost;
  #handlers: StreamHandlers | undefined;
  #other: SimStream | undefined;
  #isOver = false;
  /** On their way from here, in order; each has its own callback that takes the first one. */
  #flying: SimItem[] = [];
  #flown = 0;
  #held: (readonly Uint8Array[])[] = [];
  /** When the last unit from here arrives. */
  #lastArrival = 0;
  #callOffTimeout: (() => void) | undefined;

  constructor(network: StreamWorld, here: SimHost, there: SimHost) {
    this.#network = network;
    this.#here = here;
    this.#there = there;
  }

  handle(handlers: StreamHandlers): void {
    this.#handlers = handlers;
  }

  /** Opens the stream. Its other end is none of the process there until the connection arrives. */
  connect(): void {
    this.#other = new SimStream(this.#network, this.#there, this.#here);
    this.#other.#other = this;
    this.#here.streams.add(this);
    this.#push('arrived');
    this.#callOffTimeout = this.#network.scheduler.after(CONNECT_MS_MAX, () =>
      this.#closed('reset'),
    );
  }

  write(chunks: readonly Uint8Array[]): void {
    if (this.#isOver) return;
    if (this.#here.stalled.size > 0 && this.#here.stalled.has(this.#there.address)) {
      this.#held.push(chunks);
      for (const chunk of chunks) this.queuedBytes += chunk.length;
    } else {
      this.#send(chunks);
    }
  }

  close(): void {
    if (this.#isOver) return;
    this.#forget();
    this.#push('ended');
  }

  /** This end is gone, and the other does not know. */
  vanish(): void {
    this.#forget();
  }

  /** Breaks when the other end is at this address. */
  break(address: string): void {
    if (this.#isOver || this.#there.address !== address) return;
    this.#push('ended');
    this.#closed('reset');
  }

  /** The link is no longer stalled. */
  release(): void {
    const held = this.#held;
    this.#held = [];
    this.queuedBytes = 0;
    for (const chunks of held) this.write(chunks);
  }

  #forget(): void {
    this.#isOver = true;
    this.#callOffTimeout?.();
    this.#held = [];
    this.queuedBytes = 0;
    this.#here.streams.delete(this);
  }

  #send(sent: readonly Uint8Array[]): void {
    const { faults, random, tamper } = this.#network;
    const chunks = tamper?.(sent, this.#here.location, this.#there.location) ?? sent;
    if (faults.drop > 0 && random.next() < faults.drop) return;
    if (faults.duplicate > 0 && random.next() < faults.duplicate) this.#pushLate(chunks);
    if (faults.reorder > 0 && random.next() < faults.reorder) this.#pushLate(chunks);
    else this.#push(chunks);
  }

  /** In order: never before what was pushed earlier. */
  #push(item: SimItem): void {
    if (this.#isBlocked()) return;
    const { scheduler } = this.#network;
    const arrival =
      Math.max(scheduler.now() + this.#latencyMs(), this.#lastArrival) + this.#carryingMs(item);
    this.#lastArrival = arrival;
    this.#flying.push(item);
    scheduler.after(arrival - scheduler.now(), () => this.#arrive());
  }

  /** Out of order. */
  #pushLate(chunks: readonly Uint8Array[]): void {
    if (this.#isBlocked()) return;
    const lateMs = this.#latencyMs() + this.#latencyMs() * REORDER_FACTOR;
    this.#network.scheduler.after(lateMs, () => this.#deliver(chunks));
  }

  #carryingMs(item: SimItem): number {
    const { bytesPerMs } = this.#network.faults;
    if (bytesPerMs === Infinity || typeof item === 'string') return 0;
    return item.reduce((sum, { length }) => sum + length, 0) / bytesPerMs;
  }

  #latencyMs(): number {
    const { faults, random } = this.#network;
    const extraMs = this.#here.extraMs + this.#there.extraMs;
    return extraMs + faults.minMs + (faults.maxMs - faults.minMs) * random.next();
  }

  #isBlocked(): boolean {
    return this.#here.blocked.size > 0 && this.#here.blocked.has(this.#there.address);
  }

  #arrive(): void {
    const item = this.#flying[this.#flown];
    this.#flown += 1;
    if (this.#flown >= FLOWN_MAX || this.#flown === this.#flying.length) {
      this.#flying = this.#flying.slice(this.#flown);
      this.#flown = 0;
    }
    if (item !== undefined) this.#deliver(item);
  }

  #deliver(item: SimItem): void {
    if (this.#isBlocked()) return;
    this.#network.delivered += 1;
    this.#other?.take(item);
  }

  /** Something arrives from the other end. */
  take(item: SimItem): void {
    if (this.#here.isSilent) return undefined;
    switch (item) {
      case 'arrived':
        return this.#accepted();
      case 'opened':
        return this.#opened();
      case 'ended':
        return this.#closed('reset');
      case 'refused':
        return this.#closed('refused');
      default:
        return this.#received(item);
    }
  }

  #accepted(): void {
    const { accept, isUp } = this.#here;
    if (!isUp || accept === undefined) {
      this.#isOver = true;
      return this.#push('refused');
    }
    this.#here.streams.add(this);
    this.#push('opened');
    return accept(this);
  }

  #opened(): void {
    if (this.#isOver) return this.#push('ended');
    this.#callOffTimeout?.();
    return this.#handlers?.opened();
  }

  #received(chunks: readonly Uint8Array[]): void {
    // A process that is no longer there answers with a reset.
    if (this.#isOver) return this.#push('ended');
    for (const chunk of chunks) {
      if (this.#isOver) return undefined;
      this.#handlers?.received(asBuffer(chunk));
    }
    return undefined;
  }

  #closed(reason: CloseReason): void {
    if (this.#isOver) return;
    this.#forget();
    this.#handlers?.closed(reason);
  }
}

function asBuffer(chunk: Uint8Array): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk;
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
