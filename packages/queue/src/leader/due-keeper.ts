import type { Group, LogTime, Outcome, Ports } from '@rrmq/raft';
import { encodeCommand } from '../commands/command-encoding.ts';
import type { QueueView } from '../queue-view.ts';
import type { QueueResult } from '../results/result.ts';

/** No more often than a heartbeat leaves is it looked whether something is due: what is due may be so late. */
const LOOK_MS_MIN = 50;

/** The longest that a timer can run in Node.js: about 24 days. */
const TIMER_MS_MAX = 2_147_483_647;

export interface DueKeeperOptions {
  readonly group: Pick<Group<QueueResult>, 'propose' | 'logTime' | 'watchProgress'>;
  readonly queue: Pick<QueueView, 'nextDue' | 'restoring'>;
  readonly timers: Pick<Ports['timers'], 'after'>;
}

/**
 * Proposes an `advance` when something is due by the log's time, on whichever node leads. One is on its way at most; as
 * long as more is due the next follows at once. Nothing is proposed, and no timer runs, while nothing is to come.
 */
export class DueKeeper {
  readonly #options: DueKeeperOptions;
  readonly #command = encodeCommand({ kind: 'advance' });
  #proposed = false;
  /** An advance was refused, or found nothing to do: the next one is not before the timer. */
  #resting = false;
  #alarm: { readonly at: number; readonly callOff: () => void } | undefined;
  #endWatch: (() => void) | undefined;

  constructor(options: DueKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#endWatch ??= this.#options.group.watchProgress(() => this.#look());
    this.#look();
  }

  stop(): void {
    this.#endWatch?.();
    this.#endWatch = undefined;
    this.#callOff();
  }

  #look(): void {
    if (this.#proposed || this.#resting) return;
    const { group, queue } = this.#options;
    const now = group.logTime();
    const due = queue.restoring() === undefined ? queue.nextDue() : undefined;
    if (now === undefined || due === undefined) this.#callOff();
    else if (due <= now) this.#propose();
    else this.#lookAt(due, now);
  }

  #propose(): void {
    this.#callOff();
    this.#proposed = true;
    this.#options.group.propose(this.#command, (outcome) => this.#ended(outcome), 'shrinks');
  }

  /** After one that did something, the group's progress, which comes next, says whether more is due. */
  #ended(outcome: Outcome<QueueResult>): void {
    this.#proposed = false;
    if (this.#endWatch === undefined) return;
    const didSome =
      outcome.kind === 'committed' &&
      outcome.result.ok &&
      outcome.result.kind === 'advanced' &&
      outcome.result.steps > 0;
    if (!didSome) this.#rest();
  }

  #rest(): void {
    this.#resting = true;
    this.#ring(0, LOOK_MS_MIN);
  }

  /** A timer that rings early enough is left alone: most commands move what is due next further away. */
  #lookAt(due: number, now: LogTime): void {
    const at = Math.max(due, now + LOOK_MS_MIN);
    if (this.#alarm !== undefined && this.#alarm.at <= at) return;
    this.#ring(at, Math.min(at - now, TIMER_MS_MAX));
  }

  #ring(at: number, delayMs: number): void {
    this.#callOff();
    const callOff = this.#options.timers.after(delayMs, () => {
      this.#alarm = undefined;
      this.#resting = false;
      this.#look();
    });
    this.#alarm = { at, callOff };
  }

  #callOff(): void {
    this.#alarm?.callOff();
    this.#alarm = undefined;
  }
}
