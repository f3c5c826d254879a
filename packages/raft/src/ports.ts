import type { LogIndex, LogTime } from './core/numbers.ts';

/**
 * The ways in which a node touches the world. Production code goes through them and nothing else, so that the
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
  /** Bytes that this process could still write in the directory. */
  freeBytes(directory: string): Promise<number>;
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
  /** The stream is over, for the reason given; `detail` says more to people. Called once, last. */
  closed(reason: CloseReason, detail?: string): void;
}

/**
 * `refused`: nobody listens there (ECONNREFUSED): the process is gone. `reset`: an open stream broke or ended, or could
 * not be opened for another reason. `rejected`: something listens there and it is no RRMQ node. `untrusted`: it does not
 * show a certificate that is trusted for this address.
 */
export type CloseReason = 'refused' | 'reset' | 'rejected' | 'untrusted';

/** How nodes of one cluster know each other: by a secret that all of them share, or not at all. */
export interface PeerAuth {
  /** 32 bytes that were never returned before, and that nobody could guess. */
  nonce(): Buffer;
  /** Shows that this node knows the secret, to whoever knows it too; empty without a secret. At most 64 bytes. */
  prove(transcript: Buffer): Buffer;
  /** Whether `proof` was made over this transcript with the same secret. Takes as long for any wrong proof. */
  check(transcript: Buffer, proof: Buffer): boolean;
}

/**
 * What the group replicates. Deterministic: the same calls in the same order give the same results and the same state
 * on every node. `apply` and `termStart` are synchronous; what they change is durable only after a `flush`, in a store
 * of the machine's own, which may hold more than memory.
 *
 * States have a generation, from 1, raised by 1 with each snapshot that is installed. The log says which one is in
 * force; the others are leftovers.
 */
export interface StateMachine<Result> {
  /**
   * Opens the state of this generation and removes all others, half-received ones too. Called once, before anything
   * else. Generation 1 is made, empty, when there is none; a missing later one is an error, and so is one that cannot
   * be read.
   */
  open(generation: number): Promise<void>;
  /**
   * Executes a committed command. `command` is a view that is valid during the call only: copy what is kept.
   * Untrusted bytes must not throw; a refusal is a result.
   */
  apply(command: Buffer, at: LogTime, index: LogIndex): Result;
  /** A new leader's first entry was committed at time `at`, after `gapMs` without a leader. */
  termStart(at: LogTime, gapMs: number, index: LogIndex): void;
  /** All that was executed through this entry is durable in the store; 0 for an empty state, and always for a machine that keeps nothing. */
  readonly flushedIndex: LogIndex;
  /** Bytes in memory of what was executed and is not durable in the store yet. */
  readonly dirtyBytes: number;
  /**
   * Writes all that was executed by now into the store, as one transaction; resolves to its index when that is durable.
   * One at a time; commands go on meanwhile. When it rejects with ENOSPC nothing was lost and it may be tried again;
   * any other rejection is final.
   */
  flush(): Promise<LogIndex>;
  /** A consistent view of what is in the store now, which stays as it is while commands and flushes go on. */
  openSnapshot(): MachineSnapshot;
  /** Begins to receive a snapshot as the state of a later generation, beside the one in force. */
  receive(generation: number): Promise<SnapshotSink>;
  /** Goes on from a received state whose sink has finished, and removes the one before. Nothing is executed meanwhile. */
  adopt(generation: number): Promise<void>;
  /** Waits for the flush in flight and closes the store; what is not flushed is in the log. */
  close(): Promise<void>;
}

export interface MachineSnapshot {
  /** The last entry that the state includes, and its time. */
  readonly index: LogIndex;
  readonly at: LogTime;
  /** At most 256 KiB each, in order; can be read once. */
  chunks(): AsyncIterable<Buffer>;
  /** Must be called, also after an error: an open view keeps old pages of the store. */
  close(): void;
}

/** Takes the chunks of a snapshot. */
export interface SnapshotSink {
  /** The next chunk, whole and in order. Rejects when it is none, and for reasons of the disk. */
  write(chunk: Buffer): Promise<void>;
  /** All chunks were written: checks that the state is whole and makes it durable. Returns what it includes. */
  finish(): Promise<{ readonly index: LogIndex; readonly at: LogTime }>;
  /** Removes what was received. */
  abort(): Promise<void>;
}
