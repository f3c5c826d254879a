import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

/** Where the packages of the programs are, by the names that people type. */
const PROGRAMS = { 'rrmq-node': '../../', rrmq: '../../../cli/' } as const;

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A line of the program's log. */
export interface LogLine {
  readonly level: string;
  readonly event?: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface ProgramOptions {
  /** By default `rrmq-node`. */
  readonly program?: keyof typeof PROGRAMS;
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** With an IPC channel to this process, as the local cluster starts its nodes. */
  readonly ipc?: boolean;
  /** Leads a process group of its own. */
  readonly detached?: boolean;
  /** The system refuses to let a file grow beyond this (EFBIG): a disk that fails at a known moment. */
  readonly fileBytesMax?: number;
}

/** The built program as a process. Disposing of it kills it and waits for its end. */
export class Program {
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  exit: Exit | undefined;
  stdout = '';
  stderr = '';
  readonly startedAtMs = performance.now();

  constructor(args: readonly string[], options: ProgramOptions) {
    const file = builtFile(options.program ?? 'rrmq-node');
    const [command = '', ...all] = commandLine([file, ...args], options.fileBytesMax);
    this.child = spawn(command, all, {
      cwd: options.cwd,
      env: { ...cleanEnvironment(), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', ...(options.ipc === true ? (['ipc'] as const) : [])],
      detached: options.detached ?? false,
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exited = this.#watch();
  }

  get pid(): number {
    const { pid } = this.child;
    if (pid === undefined) throw new Error('the program did not start');
    return pid;
  }

  get isRunning(): boolean {
    return this.exit === undefined;
  }

  /** Its log so far. */
  get log(): LogLine[] {
    return this.stdout
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as LogLine);
  }

  signal(signal: NodeJS.Signals): void {
    if (this.isRunning) process.kill(this.pid, signal);
  }

  /** The first line about this event, awaited. Rejects when the program ends before. */
  async logged(event: string): Promise<LogLine> {
    return until(`"${event}" in the log of ${this.pid}: ${this.stderr}${this.stdout}`, () => {
      const line = this.log.find((each) => each.event === event);
      if (line === undefined && !this.isRunning) throw new Error(`ended: ${this.stderr}`);
      return line;
    });
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #watch(): Promise<Exit> {
    // Not by the event `close`: it does not come after a `disconnect` from our side.
    const outputs = [this.child.stdout, this.child.stderr].filter((output) => output !== null);
    const read = Promise.all(outputs.map((output) => once(output, 'close')));
    const [code, signal] = (await once(this.child, 'exit')) as [number | null, Exit['signal']];
    await read;
    this.exit = { code, signal };
    return this.exit;
  }
}

function builtFile(program: keyof typeof PROGRAMS): string {
  const fileIn = (path: string): string =>
    fileURLToPath(new URL(PROGRAMS[program] + path, import.meta.url));
  if (!existsSync(fileIn('dist/main.js'))) throw new Error('build first: pnpm build:js');
  return fileIn(`bin/${program}.js`);
}

/** The shell counts in blocks of 512 bytes. */
function commandLine(args: readonly string[], fileBytesMax: number | undefined): string[] {
  const plain = [process.execPath, ...args];
  if (fileBytesMax === undefined) return plain;
  return ['sh', '-c', `ulimit -f ${fileBytesMax / 512} && exec "$0" "$@"`, ...plain];
}

/** Without settings that the developer's shell may hold. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !name.startsWith('RRMQ_') && name !== 'NODE_OPTIONS',
    ),
  );
}
