import { freePorts } from './free-ports.ts';
import { Program } from './program.ts';
import type { TempFolder } from './temp-folder.ts';

/** A node that no config file lists, with its data in a folder of its own. Disposing of it kills it. */
export class JoinedNode {
  readonly directory: string;
  /** What its cluster calls it; 0 before it listened. */
  id = 0;
  url = '';
  readonly #cwd: string;
  #program: Program | undefined;

  constructor(folder: TempFolder, name: string) {
    this.directory = folder.file(name);
    this.#cwd = folder.path;
  }

  get program(): Program {
    if (this.#program === undefined) throw new Error('the node was never started');
    return this.#program;
  }

  /** Starts it, also again. Does not wait until it listens. */
  spawn(flags: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Program {
    const args = ['--data-dir', this.directory, '--log-format', 'json', ...flags];
    this.#program = new Program(args, { cwd: this.#cwd, env });
    return this.#program;
  }

  /** Joins at `url` on ports that no other test's node takes while this one is down. It listens when this resolves. */
  async join(url: string, flags: readonly string[] = []): Promise<void> {
    const [port, internal] = await freePorts(2);
    const ports = ['--port', String(port), '--internal-port', String(internal)];
    await this.start(['--join', url, ...ports, ...flags]);
  }

  /** As `spawn`; it listens when this resolves. */
  async start(flags: readonly string[] = []): Promise<void> {
    const { node, ip, port } = await this.spawn(flags).logged('listening');
    this.id = Number(node);
    this.url = `http://${String(ip)}:${String(port)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.kill();
  }
}
