import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { type WriteStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Lines of output kept for the words about a node that died. */
const TAIL_LINES_MAX = 8;

/** One line of a node's log, as far as it matters here. */
export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly text: string;
  readonly role: string | undefined;
  readonly term: number | undefined;
}

/** How a node's process ended. */
export interface NodeExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface DevNodeOptions {
  /** As in the node's own log, from 1. */
  readonly id: number;
  readonly url: string;
  /** Arguments of the program. */
  readonly args: readonly string[];
  /** Takes the node's output; made anew. */
  readonly logFile: string;
  readonly onLine: (node: DevNode, line: LogLine) => void;
}

/**
 * A node in a process of its own. It is not in our process group, so that Ctrl-C reaches us alone; when we are gone in
 * whatever way, it sees its IPC channel close and stops.
 */
export class DevNode {
  readonly id: number;
  readonly url: string;
  readonly logFile: string;
  /** Resolves when the process is over; never rejects. */
  readonly exited: Promise<NodeExit>;
  role = 'follower';
  term = 0;
  exit: NodeExit | undefined;
  readonly #child: ChildProcess;
  readonly #log: WriteStream;
  readonly #onLine: DevNodeOptions['onLine'];
  readonly #tail: string[] = [];

  constructor({ id, url, args, logFile, onLine }: DevNodeOptions) {
    this.id = id;
    this.url = url;
    this.logFile = logFile;
    this.#onLine = onLine;
    this.#log = createWriteStream(logFile);
    this.#log.on('error', () => undefined); // a full disk ends the node itself, with better words
    const program = process.argv[1] ?? '';
    this.#child = spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
    this.exited = this.#watchExit();
    this.#read(this.#child.stdout);
    this.#read(this.#child.stderr);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The last lines of its output. */
  get tail(): readonly string[] {
    return this.#tail;
  }

  kill(signal: NodeJS.Signals): void {
    if (this.exit === undefined) this.#child.kill(signal);
  }

  #read(output: Readable | null): void {
    if (output === null) return;
    createInterface({ input: output }).on('line', (line) => this.#take(line));
  }

  #take(text: string): void {
    this.#log.write(`${text}\n`);
    const line = parseLine(text);
    this.#tail.push(line === undefined ? text : `${line.level} ${line.text}`);
    if (this.#tail.length > TAIL_LINES_MAX) this.#tail.shift();
    if (line === undefined) return;
    this.role = line.role ?? this.role;
    this.term = line.term ?? this.term;
    this.#onLine(this, line);
  }

  async #watchExit(): Promise<NodeExit> {
    const ended = new EventEmitter();
    this.#child.once('error', (error) => {
      this.#tail.push(String(error));
      ended.emit('end', { code: 1, signal: null });
    });
    // 'close' comes after the last output was read.
    this.#child.once('close', (code, signal) => ended.emit('end', { code, signal }));
    const [exit] = (await once(ended, 'end')) as [NodeExit];
    this.exit = exit;
    this.#log.end();
    return exit;
  }
}

/** `undefined` for what is no line of the log. */
function parseLine(text: string): LogLine | undefined {
  try {
    const fields = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const { level, event, msg, role, term } = fields;
    return {
      level: String(level),
      event: String(event),
      text: String(msg),
      role: typeof role === 'string' ? role : undefined,
      term: typeof term === 'number' ? term : undefined,
    };
  } catch {
    return undefined;
  }
}
