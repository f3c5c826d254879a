import type { Random } from '../ports.ts';
import type { SimDirectory } from './sim-directory.ts';
import type { SimInode } from './sim-inode.ts';

/** What a disk is asked to do, seen by the `delay` hook. Reads are `read`, `list`, `size` and `freeBytes`. */
export type DiskOperationKind =
  | 'makeDirectory'
  | 'list'
  | 'open'
  | 'rename'
  | 'unlink'
  | 'syncDirectory'
  | 'freeBytes'
  | 'lock'
  | 'size'
  | 'read'
  | 'write'
  | 'sync'
  | 'close';

export interface DiskOperation {
  readonly kind: DiskOperationKind;
  readonly path: string;
  /** Bytes read or written; 0 for other operations. */
  readonly bytes: number;
}

export interface SimDiskOptions {
  /** Decides what survives a crash. */
  readonly random: Random;
  /** Called as an operation begins, which ends after the promise that comes back; default: at once. */
  readonly delay?: (operation: DiskOperation) => Promise<void> | void;
  /** Called as a write in `append` mode begins; the function that comes back is called when it is durable, if ever. */
  readonly appended?: (bytes: Uint8Array) => () => void;
  /** Called when none of the disk's users took durable bytes away or put others there: files or the whole disk. */
  readonly tampered?: () => void;
}

/** An operation whose promise has not resolved yet. A crash may find it done, undone, or (a write) torn. */
interface InFlight {
  /** Lets the operation happen as a crash may: wholly, partly or not at all. */
  readonly crash: () => void;
}

/** How an operation happens, fails, and is cut by a crash (default: as it happens). */
export interface Steps<T> {
  readonly act: () => T;
  readonly fail?: () => void;
  readonly crash?: () => void;
}

/** What all users of a simulated disk share: its directories, its faults and what is in flight. */
export class SimStore {
  readonly directories = new Map<string, SimDirectory>();
  readonly locks = new Set<string>();
  capacityBytes = Infinity;
  readonly #random: Random;
  readonly #delay: (operation: DiskOperation) => Promise<void> | void;
  /** See `SimDiskOptions`. */
  readonly appended: (bytes: Uint8Array) => () => void;
  readonly tampered: () => void;
  readonly #inFlight = new Set<InFlight>();
  readonly #failures = new Map<DiskOperationKind, string>();
  #lives = 0;

  constructor({
    random,
    delay = () => undefined,
    appended = () => () => undefined,
    tampered = () => undefined,
  }: SimDiskOptions) {
    this.appended = appended;
    this.tampered = tampered;
    this.#random = random;
    this.#delay = delay;
  }

  /** Counts the crashes and kills: an operation of an earlier life never ends. */
  get lives(): number {
    return this.#lives;
  }

  crash(): void {
    this.kill();
    for (const directory of this.directories.values()) directory.crash(this.#random);
  }

  kill(): void {
    for (const operation of this.#inFlight) operation.crash();
    this.#lives += 1;
    this.#inFlight.clear();
    this.locks.clear();
    this.#failures.clear();
  }

  failNext(kind: DiskOperationKind, code: string): void {
    this.#failures.set(kind, code);
  }

  failNever(): void {
    this.#failures.clear();
  }

  /** Waits as the hook says, then acts; never ends when the life that it belongs to is over. */
  async operate<T>(life: number, operation: DiskOperation, steps: Steps<T>): Promise<T> {
    if (life !== this.#lives) return never();
    const { act, fail, crash = act } = steps;
    const inFlight = { crash: () => this.#maybe(crash) };
    this.#inFlight.add(inFlight);
    const delayed = this.#delay(operation);
    if (delayed !== undefined) await delayed;
    if (life !== this.#lives) return never();
    this.#inFlight.delete(inFlight);
    const code = this.#failures.get(operation.kind);
    if (code === undefined) return act();
    this.#failures.delete(operation.kind);
    fail?.();
    throw diskError(code, operation.path);
  }

  get usedBytes(): number {
    return [...this.directories.values()].reduce((sum, { usedBytes }) => sum + usedBytes, 0);
  }

  /** Fails when the disk has no room for so much more. */
  requireRoom(bytes: number, path: string): void {
    if (bytes <= 0 || this.capacityBytes === Infinity) return;
    if (this.usedBytes + bytes > this.capacityBytes) throw diskError('ENOSPC', path);
  }

  directory(path: string): SimDirectory {
    return this.directories.get(path) ?? missing(path);
  }

  parent(path: string): SimDirectory {
    return this.directory(directoryOf(path));
  }

  inode(path: string): SimInode {
    return this.parent(path).get(nameOf(path)) ?? missing(path);
  }

  #maybe(act: () => unknown): void {
    if (this.#random.next() < 0.5) return;
    try {
      act();
    } catch {
      // What would have failed has not happened.
    }
  }
}

export const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));
export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Without a stack, which costs more than the operation: many are expected, such as those of files that are missing. */
export function diskError(code: string, path: string): Error {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = new Error(`${code}: ${path} (simulated)`);
  Error.stackTraceLimit = stackTraceLimit;
  return Object.assign(error, { code, path });
}

export function missing(path: string): never {
  throw diskError('ENOENT', path);
}

async function never(): Promise<never> {
  return new Promise<never>(() => undefined);
}
