import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { poll } from '../polling.ts';

/** What a node is started with. */
export interface NodeSettings {
  /** Counts the nodes of the run, from 0. */
  readonly index: number;
  /** Where it serves clients, on the loopback address. */
  readonly port: number;
  /** Of the cluster; also where its data goes. */
  readonly directory: string;
  /** Arguments of the program that say which cluster it belongs to: at every start the same. */
  readonly membership: readonly string[];
  /** Arguments of Node.js itself, such as `--cpu-prof`. */
  readonly execArgv: readonly string[];
}

/** A node needs far less; a busy machine may start nineteen at once. */
const LISTEN_MS_MAX = 60_000;
/** How long a node may take to hand over and stop after SIGTERM, and to write a profile. */
const STOP_MS_MAX = 8000;
const LOG_TAIL_CHARS = 2000;

const require = createRequire(import.meta.url);
/** The path of the program `rrmq-node`. */
export const NODE_PROGRAM = join(
  dirname(require.resolve('rrmq-node/package.json')),
  'bin',
  'rrmq-node.js',
);

/** One `rrmq-node`, a child of this process. It can be started again after it ended. */
export class NodeProcess {
  readonly url: string;
  readonly dataDirectory: string;
  /** What it printed since its first start, one JSON object a line. */
  readonly logFile: string;
  readonly #settings: NodeSettings;
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();

  constructor(settings: NodeSettings) {
    this.#settings = settings;
    this.url = `http://127.0.0.1:${settings.port}`;
    this.dataDirectory = join(settings.directory, 'data', `node-${settings.index}`);
    this.logFile = join(settings.directory, `node-${settings.index}.log`);
  }

  /** Counts the nodes of the run, from 0. */
  get index(): number {
    return this.#settings.index;
  }

  get port(): number {
    return this.#settings.port;
  }

  get isRunning(): boolean {
    const child = this.#child;
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** The process id. @throws {Error} when it does not run. */
  get pid(): number {
    const pid = this.isRunning ? this.#child?.pid : undefined;
    if (pid === undefined) throw new Error(`node ${this.url} does not run${this.#logTail()}`);
    return pid;
  }

  /** Starts the program; `untilListening` says when it is up. */
  start(): void {
    const { directory, membership, execArgv } = this.#settings;
    const log = openSync(this.logFile, 'a');
    const args = [...execArgv, NODE_PROGRAM, ...membership, '--data-dir', this.dataDirectory];
    const child = spawn(process.execPath, args, {
      cwd: directory,
      env: environmentWithoutSettings(),
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
  }

  /** Waits until the port takes connections. @throws {Error} with the end of its log when the node ended instead. */
  async untilListening(everyMs: number): Promise<void> {
    await poll(
      `connection to ${this.url}`,
      async () => {
        if (!this.isRunning) throw new Error(`node ${this.url} ended${this.#logTail()}`);
        return (await takesConnections(this.port)) ? true : undefined;
      },
      { timeoutMs: LISTEN_MS_MAX, everyMs, explain: () => this.#logTail() },
    );
  }

  /** SIGKILL at once: the signal is sent when this returns, the promise waits for the end. */
  kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    return this.#exited;
  }

  /** SIGTERM, and SIGKILL if that does not end it. Whether it ended as it should, or did not run. */
  async stop(): Promise<boolean> {
    if (!this.isRunning) return true;
    this.#child?.kill('SIGTERM');
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_MS_MAX);
    await this.#exited;
    clearTimeout(timer);
    return this.#child?.exitCode === 0;
  }

  #logTail(): string {
    const text = readFileSync(this.logFile, 'utf8').trim().slice(-LOG_TAIL_CHARS);
    return text === '' ? '; it logged nothing' : `; the end of its log:\n${text}`;
  }
}

/** Settings of the caller's own cluster are not for this one. */
function environmentWithoutSettings(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith('RRMQ_'));
  return Object.fromEntries(entries);
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
