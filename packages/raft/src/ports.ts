import type { LogIndex, LogTime } from './core/numbers.ts';

/**
 * The six ways in which a node touches the world. Production code goes through them and nothing else, so that the
 * simulator can stand in for the world. Implementations for Node.js: `node-*.ts`; simulated: `testing/`.
 */

/** Two clocks of this machine. */
export interface Clock {
  /** Milliseconds from an arbitrary origin, with fractions; never goes back, and runs on while the process is stopped. */
  monotonicMs(): number;
  /** Whole milliseconds since the Unix epoch; may jump either way. */
  wallMs(): number;
}

export interface Timers {
  /** Calls back once, `delayMs` or more from now. Returns a function that calls it off. */
  after(delayMs: number, callback: () => void): () => void;
  /** Calls back once the I/O events that wait by now were delivered, in the same turn of the event loop. */
  afterIo(callback: () => void): void;
}

/** Chance, for timeouts and ids; seeded in tests. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}

/**
 * A file system, as far as a log needs one. Every call rejects with a `NodeJS.ErrnoException` when it fails; a failed
 * write or sync leaves unknown what is on disk and must not be tried again.
 */
export interface Disk {
  /** Creates a directory with its parents; existing ones are fine. Durable on return. */
  makeDirectory(path: string): Promise<void>;
  /** Names (not paths) in a directory, sorted. */
  list(directory: string): Promise<readonly string[]>;
  open(path: string, mode: OpenMode): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Makes creations, renames and unlinks in this directory durable. */
  syncDirectory(directory: string): Promise<void>;
  /**
   * Takes the directory for this process until release or death; a second taker, in this or another process, gets
   * `undefined`. Survives no crash: a dead holder's lock is free.
   */
  lock(directory: string): Promise<DirectoryLock | undefined>;
}

/**
 * `read`: must exist. `create`: must not exist; writes are durable only after `sync`. `append`: must exist; each write
 * is durable when its promise resolves (`O_DSYNC`, or write and sync).
 */
export type OpenMode = 'read' | 'create' | 'append';

export interface DiskFile {
  size(): Promise<number>;
  /** Fills `target` from `position`; returns the bytes read, fewer only at the end of the file. */
  read(target: Uint8Array, position: number): Promise<number>;
  /** Writes all of `bytes` (a short write is continued). The caller leaves `bytes` alone until then. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface DirectoryLock {
  release(): Promise<void>;
}

/** How nodes reach each other: ordered byte streams. */
export interface Network {
  /** From now on hands over each stream that a peer opens; it calls `accept` before the first byte. */
  listen(accept: (stream: PeerStream) => void): void;
  /** Starts to open a stream; `handlers` are called later, never before this returns. */
  connect(address: PeerAddress, handlers: StreamHandlers): PeerStream;
}

/** Where a peer listens for peers. */
export interface PeerAddress {
  readonly ip: string;
  readonly port: number;
}

export interface PeerStream {
  /** For accepted streams, once, synchronously in `accept`. */
  handle(handlers: StreamHandlers): void;
  /** Queues the chunks as one piece of the stream, after what was queued before. Ignored once closed. */
  write(chunks: readonly Uint8Array[]): void;
  /** Bytes queued here and not yet taken by the operating system. */
  readonly queuedBytes: number;
  /** Ends the stream; its own `closed` handler is not called. */
  close(): void;
}

export interface StreamHandlers {
  /** A stream that we opened is ready for use. */
  opened(): void;
  /** Bytes came; the buffer is the handler's own until it returns. Split anywhere. */
  received(bytes: Buffer): void;
  /** The stream is over, for the reason given. Called once, last. */
  closed(reason: CloseReason): void;
}

/**
 * `refused`: nobody listens there (ECONNREFUSED): the process is gone. `reset`: an open stream broke or ended, or could
 * not be opened for another reason. `rejected`: something listens there and it is no RRMQ node.
 */
export type CloseReason = 'refused' | 'reset' | 'rejected';

/**
 * What the group replicates. Deterministic: the same calls in the same order give the same results and the same state
 * on every node. All calls are synchronous but those of snapshots.
 */
export interface StateMachine<Result> {
  /**
   * Executes a committed command. `command` is a view that is valid during the call only: copy what is kept.
   * Untrusted bytes must not throw; a refusal is a result.
   */
  apply(command: Buffer, at: LogTime, index: LogIndex): Result;
  /** A new leader's first entry was committed at time `at`, after `gapMs` without a leader. */
  termStart(at: LogTime, gapMs: number, index: LogIndex): void;
  /** All commands through here are durable in the machine's own store; 0 for a machine in memory. */
  readonly flushedIndex: LogIndex;
  /** A consistent view of the state now, which stays as it is while commands go on. */
  openSnapshot(): MachineSnapshot;
  /** Replaces the whole state by a snapshot's. Rejects, and changes nothing, when the chunks are no snapshot. */
  install(chunks: AsyncIterable<Buffer>): Promise<void>;
}

export interface MachineSnapshot {
  /** The last command that the snapshot covers. */
  readonly index: LogIndex;
  /** At most 1 MiB each, in order; can be read once. */
  chunks(): AsyncIterable<Buffer>;
  close(): void;
}
