import { describe, expect, it } from '@jest/globals';
import type { PeerAddress, PeerStream, StreamHandlers } from '../../src/ports.ts';
import { SimNetwork, type SimNetworkFaults } from '../../src/testing/sim-network.ts';
import { VirtualTime, seededRandom } from './virtual-time.ts';

const [here, there]: [PeerAddress, PeerAddress] = [
  { ip: 'sim', port: 1 },
  { ip: 'sim', port: 2 },
];

class Lab {
  readonly time = new VirtualTime();
  readonly network: SimNetwork;
  /** What the dialler was told. */
  readonly log: string[] = [];
  readonly arrived: string[] = [];
  readonly accepted: PeerStream[] = [];

  constructor(faults: Partial<SimNetworkFaults> = {}, seed = 1) {
    this.network = new SimNetwork(this.time, seededRandom(seed), faults);
  }

  listen(): void {
    this.network.endpoint(there).listen((stream) => {
      this.accepted.push(stream);
      stream.handle({
        opened: () => undefined,
        received: (bytes) => this.arrived.push(bytes.toString()),
        closed: (reason) => this.arrived.push(`closed ${reason}`),
      });
    });
  }

  dial(): PeerStream {
    const handlers: StreamHandlers = {
      opened: () => this.log.push('opened'),
      received: (bytes) => this.log.push(bytes.toString()),
      closed: (reason) => this.log.push(`closed ${reason}`),
    };
    return this.network.endpoint(here).connect(there, handlers);
  }

  /** An open stream. */
  open(): PeerStream {
    this.listen();
    const stream = this.dial();
    this.time.pass(100);
    return stream;
  }

  count(stream: PeerStream, units: number): void {
    for (let i = 0; i < units; i += 1) stream.write([Buffer.from(`${i}`)]);
  }
}

const numbers = (units: number) => Array.from({ length: units }, (_, i) => `${i}`);

describe('simulated network', () => {
  it('keeps the order and loses nothing by default', () => {
    const lab = new Lab();
    const stream = lab.open();
    lab.count(stream, 1000);
    lab.time.pass(10);
    expect(lab.arrived).toEqual(numbers(1000));
    lab.accepted[0]?.write([Buffer.from('a'), Buffer.from('b')]);
    lab.time.pass(10);
    expect(lab.log).toEqual(['opened', 'a', 'b']);
  });

  it('does the same again for the same seed, and something else for another', () => {
    const run = (seed: number) => {
      const lab = new Lab({ drop: 0.1, duplicate: 0.1, reorder: 0.1 }, seed);
      lab.count(lab.open(), 300);
      lab.time.pass(100);
      return lab.arrived;
    };
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
  });

  it.each([
    ['drops', { drop: 0.5 }, (arrived: string[]) => arrived.length < 80],
    ['doubles', { duplicate: 0.5 }, (arrived: string[]) => arrived.length > 120],
    [
      'reorders',
      { reorder: 0.5 },
      (arrived: string[]) => arrived.join() !== arrived.toSorted((a, b) => +a - +b).join(),
    ],
  ])('%s units on demand', (_name, faults, isTrue) => {
    const lab = new Lab();
    const stream = lab.open();
    Object.assign(lab.network.faults, faults);
    lab.count(stream, 100);
    lab.time.pass(100);
    expect(isTrue(lab.arrived)).toBe(true);
  });

  it('refuses where nobody listens, and hangs where nothing gets through', () => {
    const lab = new Lab();
    lab.dial();
    lab.time.pass(10);
    expect(lab.log).toEqual(['closed refused']);
    lab.network.block(there, here);
    lab.listen();
    lab.dial();
    lab.time.pass(900);
    expect(lab.log).toEqual(['closed refused']);
    lab.time.pass(200);
    expect(lab.log).toEqual(['closed refused', 'closed reset']);
  });

  it('loses what is sent into a partition, one way or both, and keeps the stream', () => {
    const lab = new Lab();
    const stream = lab.open();
    lab.network.block(here, there);
    lab.count(stream, 3);
    lab.accepted[0]?.write([Buffer.from('back')]);
    lab.time.pass(10);
    expect([lab.arrived, lab.log]).toEqual([[], ['opened', 'back']]);
    lab.network.heal();
    lab.count(stream, 2);
    lab.time.pass(10);
    expect(lab.arrived).toEqual(['0', '1']);
  });

  it('delivers what a process sent before it crashed, then resets, then refuses', () => {
    const lab = new Lab();
    lab.open();
    lab.accepted[0]?.write([Buffer.from('last words')]);
    lab.network.crash(there);
    lab.accepted[0]?.write([Buffer.from('from the grave')]);
    lab.time.pass(10);
    lab.dial();
    lab.time.pass(10);
    lab.network.restart(there);
    lab.listen();
    lab.dial();
    lab.time.pass(10);
    expect(lab.log).toEqual(['opened', 'last words', 'closed reset', 'closed refused', 'opened']);
  });

  it('gives a crashed process no network, also after its address came back', () => {
    const lab = new Lab();
    lab.listen();
    const dead = lab.network.endpoint(here);
    lab.network.crash(here);
    lab.network.restart(here);
    const stream = dead.connect(there, {
      opened: () => lab.log.push('opened'),
      received: () => undefined,
      closed: () => lab.log.push('closed'),
    });
    stream.write([Buffer.from('x')]);
    lab.time.pass(2_000);
    expect([lab.log, lab.arrived, lab.accepted]).toEqual([[], [], []]);
  });

  it('resets the stream of a process that did not notice the crash behind a partition', () => {
    const lab = new Lab();
    const stream = lab.open();
    lab.network.partition([here], [there]);
    lab.network.crash(there);
    lab.time.pass(10);
    expect(lab.log).toEqual(['opened']);
    lab.network.heal();
    lab.count(stream, 1);
    lab.time.pass(10);
    expect(lab.log).toEqual(['opened', 'closed reset']);
  });

  it('holds units up while a link is stalled', () => {
    const lab = new Lab();
    const stream = lab.open();
    lab.network.stall(here, there);
    lab.count(stream, 10);
    lab.time.pass(10_000);
    expect([stream.queuedBytes, lab.arrived]).toEqual([10, []]);
    lab.network.unstall(here, there);
    lab.time.pass(10);
    expect([stream.queuedBytes, lab.arrived]).toEqual([0, numbers(10)]);
  });

  it('tells the other end, and not its own handlers, when a stream is closed', () => {
    const lab = new Lab();
    const stream = lab.open();
    stream.write([Buffer.from('bye')]);
    stream.close();
    lab.time.pass(10);
    expect([lab.log, lab.arrived]).toEqual([['opened'], ['bye', 'closed reset']]);
  });
});
