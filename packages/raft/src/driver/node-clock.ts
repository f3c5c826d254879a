import type { Clock } from '../ports.ts';

/** The clocks of this machine. `monotonicMs` counts on while the process is stopped or starved. */
export class NodeClock implements Clock {
  monotonicMs(): number {
    return performance.now();
  }

  wallMs(): number {
    return Date.now();
  }
}
