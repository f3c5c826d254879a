import { assert } from '../core/assert.ts';
import type { Network, PeerAddress, Random } from '../ports.ts';
import {
  SimHost,
  type SimNetworkFaults,
  type SimScheduler,
  SimStream,
  type SimTamper,
  keyOf,
} from './sim-stream.ts';

export type { SimNetworkFaults, SimScheduler, SimTamper };

const RELIABLE: SimNetworkFaults = {
  drop: 0,
  duplicate: 0,
  reorder: 0,
  minMs: 0.1,
  maxMs: 1,
  bytesPerMs: Infinity,
};

/**
 * A network in virtual time. Streams keep their order and lose nothing unless `faults` or a partition say so; lost and
 * doubled units are whole writes, so that frames stay whole. Deterministic: the same calls, scheduler and random give
 * the same deliveries.
 */
export class SimNetwork {
  readonly faults: SimNetworkFaults;
  readonly scheduler: SimScheduler;
  readonly random: Random;
  readonly #hosts = new Map<string, SimHost>();
  /** Units delivered so far. */
  delivered = 0;
  /** Sees each unit as it is sent, and may damage it. */
  tamper: SimTamper | undefined;

  constructor(scheduler: SimScheduler, random: Random, faults: Partial<SimNetworkFaults> = {}) {
    this.scheduler = scheduler;
    this.random = random;
    this.faults = { ...RELIABLE, ...faults };
  }

  /** The network as the process that runs at `address` sees it. After a crash it is dead: ask again after `restart`. */
  endpoint(address: PeerAddress): Network {
    const host = this.#host(address);
    assert(host.isUp, 'a crashed process uses no network');
    const born = host.process;
    const isAlive = (): boolean => host.isUp && host.process === born;
    return {
      listen: (accept) => {
        if (isAlive()) host.accept = accept;
      },
      connect: (to, handlers) => {
        const stream = new SimStream(this, host, this.#host(to));
        stream.handle(handlers);
        if (isAlive()) stream.connect();
        return stream;
      },
    };
  }

  /** The process dies: connecting to it is refused, and its streams break at the other side. */
  crash(address: PeerAddress): void {
    const host = this.#host(address);
    host.isUp = false;
    host.accept = undefined;
    for (const stream of host.streams) stream.close();
  }

  /** The machine loses power: its streams stay open at the other side, and nothing answers until `restart`. */
  powerOff(address: PeerAddress): void {
    const host = this.#host(address);
    host.isUp = false;
    host.isSilent = true;
    host.accept = undefined;
    for (const stream of host.streams) stream.vanish();
  }

  /** A new process may start at the address; who connects is refused until it listens. One that runs goes on. */
  restart(address: PeerAddress): void {
    const host = this.#host(address);
    if (host.isUp) return;
    host.isUp = true;
    host.isSilent = false;
    host.process += 1;
  }

  /** Loses everything from one to the other; streams stay open. */
  block(from: PeerAddress, to: PeerAddress): void {
    this.#host(from).blocked.add(keyOf(to));
  }

  unblock(from: PeerAddress, to: PeerAddress): void {
    this.#host(from).blocked.delete(keyOf(to));
  }

  /** Breaks the streams between two hosts, as a router that forgot them does; both ends see a reset. */
  reset(one: PeerAddress, other: PeerAddress): void {
    // Not those that are opened in answer.
    const streams = [...this.#host(one).streams];
    for (const stream of streams) stream.break(keyOf(other));
  }

  /** Blocks both ways between each of `some` and each of `others`. */
  partition(some: readonly PeerAddress[], others: readonly PeerAddress[]): void {
    for (const one of some) {
      for (const other of others) {
        this.block(one, other);
        this.block(other, one);
      }
    }
  }

  /** Ends all blocks and stalls. */
  heal(): void {
    for (const host of this.#hosts.values()) {
      host.blocked.clear();
      const stalled = [...host.stalled];
      host.stalled.clear();
      if (stalled.length > 0) this.#release(host);
    }
  }

  /** Holds everything from one to the other up, as a full socket buffer does: nothing is lost, `queuedBytes` grows. */
  stall(from: PeerAddress, to: PeerAddress): void {
    this.#host(from).stalled.add(keyOf(to));
  }

  unstall(from: PeerAddress, to: PeerAddress): void {
    const host = this.#host(from);
    host.stalled.delete(keyOf(to));
    this.#release(host);
  }

  /** Everything to and from this address takes so much longer, until it is 0 again. */
  slow(address: PeerAddress, extraMs: number): void {
    this.#host(address).extraMs = extraMs;
  }

  #release(host: SimHost): void {
    for (const stream of host.streams) stream.release();
  }

  #host(address: PeerAddress): SimHost {
    const key = keyOf(address);
    const known = this.#hosts.get(key);
    if (known !== undefined) return known;
    const host = new SimHost(address);
    this.#hosts.set(key, host);
    return host;
  }
}
