import { assert } from '../core/assert.ts';
import type { LogIndex, LogTime } from '../core/numbers.ts';
import type { Raft } from '../core/raft.ts';
import type { SnapshotMark } from '../core/ready.ts';
import type { StateMachine } from '../ports.ts';
import { codeOf } from '../storage/error-code.ts';
import type { DurableLog } from '../storage/log.ts';

/** When the machine's state is written into its store. */
export interface FlushLimits {
  /** So many bytes are executed and not in the store: a flush begins. */
  readonly flushBytes: number;
  /** So many entries, or bytes of the log, came since the last flush: a start would have to execute them again. */
  readonly flushEntries: number;
  readonly flushLogBytes: number;
  /** What was executed waits no longer than this, so that a group at rest comes to have all in its store. */
  readonly flushAfterMs: number;
  /** Nothing more is executed while so many bytes are not in the store. */
  readonly dirtyBytesMax: number;
}

/**
 * A flush of 4 MiB costs some ms of the event loop and one sync. 32 MiB of log are executed again within a second. The
 * bound leaves room for what comes while a slow disk takes a flush.
 */
export const DEFAULT_FLUSH_LIMITS: FlushLimits = {
  flushBytes: 4_194_304,
  flushEntries: 262_144,
  flushLogBytes: 33_554_432,
  flushAfterMs: 30_000,
  dirtyBytesMax: 33_554_432,
};

/** A store without room is tried again after this: others may make room, or a person does. */
const RETRY_MS = 1_000;

export interface FlusherOptions {
  readonly machine: Pick<StateMachine<unknown>, 'flush' | 'flushedIndex' | 'dirtyBytes'>;
  readonly core: Pick<Raft, 'applied' | 'durable' | 'installing' | 'markAt'>;
  readonly log: Pick<DurableLog, 'mark' | 'releaseBallast'>;
  readonly limits: FlushLimits;
  /** The last entry that the machine has executed, and its time. */
  readonly executed: () => { readonly index: LogIndex; readonly at: LogTime };
  /** The generation of the machine's state. */
  readonly generation: () => number;
  /** Entries through `index` are durable in the store, and the log knows. */
  readonly onFlushed: (index: LogIndex) => void;
  /** The store has no room for what should be written. */
  readonly onStoreFull: () => void;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Writes the machine's state into its store and notes in the log how far that came. The order keeps a start from meeting
 * a store that knows more than the log: what is flushed is durable in this node's own log before, though a leader may
 * have committed and executed it on the strength of other disks; and the log drops entries only after the mark.
 */
export class Flusher {
  readonly #options: FlusherOptions;
  #flushing: Promise<void> | undefined;
  #entriesSince = 0;
  #logBytesSince = 0;
  /** Since when something is executed and not flushed; `undefined`: nothing is. */
  #dirtySinceMs: number | undefined;
  #notBeforeMs = 0;
  /** The machine keeps nothing: the log alone has its state. */
  #storeless = false;
  #stopped = false;

  constructor(options: FlusherOptions) {
    this.#options = options;
  }

  /** Nothing more may be executed before a flush is over. */
  get isFull(): boolean {
    const { machine, limits } = this.#options;
    return machine.dirtyBytes >= limits.dirtyBytesMax;
  }

  /** The log grew. */
  wrote(entries: number, bytes: number): void {
    this.#entriesSince += entries;
    this.#logBytesSince += bytes;
  }

  /** Begins a flush when one is due and may begin. Cheap: called every turn. */
  poke(nowMs: number): void {
    const { machine, executed } = this.#options;
    if (this.#storeless || executed().index === machine.flushedIndex) {
      this.#dirtySinceMs = undefined;
      return;
    }
    this.#dirtySinceMs ??= nowMs;
    if (this.#flushing !== undefined || this.#stopped || nowMs < this.#notBeforeMs) return;
    if (this.#isDue(nowMs) && this.#mayBegin()) void this.#begin(nowMs);
  }

  /** Flushes all that is executed by now, unless that is so already. Rejects when it cannot be. */
  async flushNow(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
    const { machine, executed } = this.#options;
    const { index } = executed();
    if (machine.flushedIndex >= index) return;
    if (!this.#mayBegin()) throw new Error('the log is behind the state: flush later');
    await this.#begin(Number.NEGATIVE_INFINITY);
    if (machine.flushedIndex < index) throw new Error('the state could not be flushed');
  }

  /** The node stops: flushes what can be flushed, so that the next start has little to execute again. */
  async finish(): Promise<void> {
    await this.#flushing;
    const { machine, executed } = this.#options;
    const wanted = !this.#storeless && machine.flushedIndex < executed().index;
    if (wanted && this.#mayBegin()) await this.#begin(0);
    this.#stopped = true;
  }

  #isDue(nowMs: number): boolean {
    const { machine, limits } = this.#options;
    return (
      machine.dirtyBytes >= limits.flushBytes ||
      this.#entriesSince >= limits.flushEntries ||
      this.#logBytesSince >= limits.flushLogBytes ||
      nowMs - (this.#dirtySinceMs ?? nowMs) >= limits.flushAfterMs
    );
  }

  /** The store never gets ahead of this node's own log, and a state that is about to be replaced is left alone. */
  #mayBegin(): boolean {
    const { core } = this.#options;
    return core.applied <= core.durable && core.installing === undefined;
  }

  /** Resolves when the flush is over, however it went. */
  async #begin(nowMs: number): Promise<void> {
    const { machine, executed } = this.#options;
    const point = executed();
    assert(point.index > machine.flushedIndex, 'there is something to flush');
    this.#entriesSince = 0;
    this.#logBytesSince = 0;
    this.#dirtySinceMs = undefined;
    this.#flushing = this.#flush(machine.flush(), point, nowMs).finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #flush(
    flushed: Promise<LogIndex>,
    { index, at }: { index: LogIndex; at: LogTime },
    nowMs: number,
  ): Promise<void> {
    const { core, log, generation, onFlushed, onFailure } = this.#options;
    const ofGeneration = generation();
    try {
      const reached = await flushed;
      if (reached < index) {
        this.#storeless = true;
        return;
      }
      assert(reached === index, 'a flush reaches what was executed when it began');
      // A snapshot took the place of this state, and its own record says how far that goes.
      if (core.installing !== undefined || generation() !== ofGeneration) return;
      const mark: SnapshotMark = { ...core.markAt(index), at, generation: ofGeneration };
      log.mark(mark, () => onFlushed(index));
    } catch (error) {
      if (codeOf(error) === 'ENOSPC') await this.#makeRoom(nowMs);
      else onFailure(error);
    }
  }

  /** Nothing is lost: what was to be written stays in memory and in the log. */
  async #makeRoom(nowMs: number): Promise<void> {
    this.#notBeforeMs = nowMs + RETRY_MS;
    this.#options.onStoreFull();
    await this.#options.log.releaseBallast();
  }
}
