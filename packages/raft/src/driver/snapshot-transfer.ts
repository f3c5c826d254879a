import type { LogIndex } from '../core/numbers.ts';
import type { InstallReply, InstallSnapshot, SnapshotName } from '../core/rpc.ts';
import type { MachineSnapshot, Timers } from '../ports.ts';

/**
 * Chunks on their way: two of 256 KiB keep a link busy that answers within a few ms, and are no burden for one that does
 * not.
 */
const WINDOW_CHUNKS = 2;

const NO_DATA = Buffer.alloc(0);

type Chunk = Pick<InstallSnapshot, 'snapshot' | 'chunk' | 'last' | 'data'>;

export interface SnapshotTransferOptions {
  readonly name: SnapshotName;
  /** Closed when the transfer ends. */
  readonly view: MachineSnapshot;
  readonly timers: Timers;
  readonly patienceMs: number;
  readonly askAgainMs: number;
  /** False: the peer no longer needs a snapshot, or this node no longer leads. */
  readonly send: (chunk: Chunk) => boolean;
  /** Called once, last. */
  readonly onEnded: (installed: boolean, why: string) => void;
}

/**
 * One snapshot on its way to one peer. The peer says which chunk it wants; chunks that it has not asked beyond are kept,
 * so that the transfer goes on after a lost connection. The next chunk is read only when there is room in the window: a
 * slow peer costs no memory.
 */
export class SnapshotTransfer {
  readonly #options: SnapshotTransferOptions;
  readonly #source: AsyncIterator<Buffer>;
  /** Read and not known to be taken, from number `#wanted` on. */
  #window: { data: Buffer; last: boolean }[] = [];
  /** The chunk that the peer wants next. */
  #wanted = 0;
  /** Read ahead by one, to know which chunk is the last. */
  #ahead: Buffer | undefined;
  #allRead = false;
  #reading = false;
  /** An answer says what is to be sent again. Others do not: each chunk that came twice would bring two more. */
  #asked = false;
  #callOffAsking: (() => void) | undefined;
  #callOffPatience: (() => void) | undefined;
  #ended = false;

  constructor(options: SnapshotTransferOptions) {
    this.#options = options;
    this.#source = options.view.chunks()[Symbol.asyncIterator]();
  }

  get id(): number {
    return this.#options.name.id;
  }

  get index(): LogIndex {
    return this.#options.name.index;
  }

  start(): void {
    this.#progressed();
    void this.#fill();
  }

  received({ status, next }: InstallReply): void {
    if (this.#ended) return;
    switch (status) {
      case 'installed':
        return this.#end(true, 'installed');
      case 'refused':
        return this.#end(false, 'the peer cannot take it now');
      case 'more':
        return this.#more(next);
      default:
        return status satisfies never;
    }
  }

  /** Asks which chunk is wanted: an answer, or a chunk, may be lost. */
  ask(): void {
    if (this.#ended) return;
    this.#asked = true;
    this.#send({ chunk: this.#wanted, last: false, data: NO_DATA });
  }

  abort(why: string): void {
    this.#end(false, why);
  }

  #more(next: number): void {
    const taken = next - this.#wanted;
    if (taken < 0 || taken > this.#window.length) {
      // It has lost what it had, by a restart for example: from the start, with a new view.
      return this.#end(false, `the peer wants chunk ${next} after ${this.#wanted}`);
    }
    this.#window.splice(0, taken);
    this.#wanted = next;
    if (taken > 0) this.#progressed();
    else if (this.#asked) this.#sendWindow();
    this.#asked = false;
    void this.#fill();
    return undefined;
  }

  /** Sends again all that is on its way: the peer asked for a chunk that was sent before. */
  #sendWindow(): void {
    this.#window.forEach(({ data, last }, place) => {
      this.#send({ chunk: this.#wanted + place, last, data });
    });
  }

  async #fill(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (!this.#ended && !this.#allRead && this.#window.length < WINDOW_CHUNKS) {
        await this.#readOne();
      }
    } catch (error) {
      this.#end(false, `the state could not be read: ${String(error)}`);
    } finally {
      this.#reading = false;
    }
  }

  async #readOne(): Promise<void> {
    this.#ahead ??= await this.#next();
    const data = this.#ahead;
    if (data === undefined) throw new Error('a snapshot has at least one chunk');
    this.#ahead = await this.#next();
    if (this.#ended) return;
    const last = this.#ahead === undefined;
    this.#allRead = last;
    const chunk = this.#wanted + this.#window.length;
    this.#window.push({ data, last });
    this.#send({ chunk, last, data });
  }

  async #next(): Promise<Buffer | undefined> {
    const result = await this.#source.next();
    return result.done === true ? undefined : result.value;
  }

  #send(chunk: Omit<Chunk, 'snapshot'>): void {
    const { send, name } = this.#options;
    if (!send({ snapshot: name, ...chunk })) this.#end(false, 'no longer needed');
  }

  #progressed(): void {
    const { timers, patienceMs } = this.#options;
    this.#callOffPatience?.();
    this.#callOffPatience = timers.after(patienceMs, () => this.#end(false, 'no progress'));
    this.#askLater();
  }

  #askLater(): void {
    const { timers, askAgainMs } = this.#options;
    this.#callOffAsking?.();
    this.#callOffAsking = timers.after(askAgainMs, () => {
      this.ask();
      if (!this.#ended) this.#askLater();
    });
  }

  #end(installed: boolean, why: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#callOffAsking?.();
    this.#callOffPatience?.();
    this.#window = [];
    this.#ahead = undefined;
    this.#options.view.close();
    this.#options.onEnded(installed, why);
  }
}
