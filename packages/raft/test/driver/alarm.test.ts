import { describe, expect, it } from '@jest/globals';
import { Alarm } from '../../src/driver/alarm.ts';
import { VirtualTime } from '../transport/virtual-time.ts';

class Bell {
  readonly time = new VirtualTime();
  readonly rungAtMs: number[] = [];
  /** Set while the process stands still: what rings then is heard when it goes on. */
  heldUp: (() => void)[] | undefined;
  readonly alarm = new Alarm({ timers: this, clock: this.time }, () =>
    this.rungAtMs.push(this.time.now()),
  );

  after(ms: number, callback: () => void): () => void {
    return this.time.after(ms, () => {
      if (this.heldUp === undefined) callback();
      else this.heldUp.push(callback);
    });
  }

  afterIo(callback: () => void): void {
    this.after(0, callback);
  }

  set(inMs: number): void {
    this.alarm.set(this.time.now(), inMs);
  }
}

describe('an alarm', () => {
  it('rings once, when it was set to', () => {
    const bell = new Bell();
    bell.set(50);
    bell.time.pass(200);
    expect(bell.rungAtMs).toEqual([50]);
  });

  it('that is set again and again before it rings does not ring', () => {
    const bell = new Bell();
    for (let turn = 0; turn < 10; turn += 1) {
      bell.set(50);
      bell.time.pass(40);
    }
    expect(bell.rungAtMs).toEqual([]);
    bell.time.pass(200);
    expect(bell.rungAtMs).toEqual([410]);
  });

  it('that is set to ring earlier does so, and then no more', () => {
    const bell = new Bell();
    bell.set(50);
    bell.set(10);
    bell.time.pass(200);
    expect(bell.rungAtMs).toEqual([10]);
  });

  it('whose timer went off while the process stood still is not late for what was set since', () => {
    const bell = new Bell();
    bell.set(50);
    const heldUp: (() => void)[] = [];
    bell.heldUp = heldUp;
    bell.time.pass(2_000);
    bell.heldUp = undefined;
    bell.set(50);
    for (const callback of heldUp) callback();
    bell.time.pass(5_000);
    expect(bell.rungAtMs).toEqual([2_050]);
  });

  it('that is stopped while it waits for the rest does not ring', () => {
    const bell = new Bell();
    bell.set(50);
    bell.time.pass(40);
    bell.set(50);
    bell.time.pass(20);
    bell.alarm.stop();
    bell.time.pass(200);
    expect(bell.rungAtMs).toEqual([]);
  });
});
