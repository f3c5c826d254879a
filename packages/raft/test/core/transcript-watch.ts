import type { Raft } from '../../src/core/raft.ts';
import type { ReadyWrite } from '../../src/core/ready.ts';
import type { Rpc } from '../../src/core/rpc.ts';
import type { CoreNetwork, RpcFate } from './core-network.ts';
import type { CoreNode } from './core-node.ts';
import { textOf, textOfConfiguration, textOfNode } from './transcript-text.ts';

/** What was last told of a node. */
interface Told {
  readonly core: Raft;
  standing: string;
  committed: number;
  executed: readonly string[];
  configuration: string;
  reads: number;
  refusedReads: number;
  installing: number | undefined;
}

/** Writes down what nodes send and become, one line each; equal lines of one command are counted. */
export class TranscriptWatch {
  /** Whether heartbeats are worth a line. */
  heartbeats = false;
  readonly #lines = new Map<string, number>();
  readonly #told = new Map<number, Told>();

  constructor(network: CoreNetwork) {
    network.witness = (rpc, fate) => this.#sent(rpc, fate);
    network.observe = (node, write) => this.#acted(node, write);
    for (const node of network.nodes) this.#told.set(node.id, told(node));
  }

  note(line: string): void {
    this.#lines.set(line, (this.#lines.get(line) ?? 0) + 1);
  }

  /** What happened since the last call. */
  take(): string[] {
    const lines = [...this.#lines].map(([line, times]) =>
      times === 1 ? line : `${line} (${times} times)`,
    );
    this.#lines.clear();
    return lines.length === 0 ? ['nothing happens'] : lines;
  }

  #sent(rpc: Rpc, fate: RpcFate): void {
    const isHeartbeat = rpc.kind === 'heartbeat' || rpc.kind === 'heartbeat-reply';
    if (isHeartbeat && !this.heartbeats) return;
    const what = fate === 'sent' ? '' : ` (${fate})`;
    this.note(`${rpc.from} → ${rpc.to}  ${textOf(rpc)}${what}`);
  }

  #acted(node: CoreNode, write: ReadyWrite | undefined): void {
    if (write !== undefined) this.#wrote(node, write);
    const before = this.#told.get(node.id);
    const now = told(node);
    this.#told.set(node.id, now);
    if (before === undefined) {
      this.note(`${node.id} starts: ${now.configuration}`);
      return;
    }
    if (now.core !== before.core) {
      this.note(`${textOfNode(node)} (started again)`);
      return;
    }
    if (now.standing !== before.standing) this.note(`${node.id} ${now.standing}`);
    if (now.configuration !== before.configuration) {
      this.note(`${node.id} counts ${now.configuration}`);
    }
    if (now.committed > before.committed) this.note(`${node.id} commits through ${now.committed}`);
    this.#tellState(node, before, now);
    for (const { id, index } of node.reads.slice(before.reads)) {
      this.note(`${node.id} confirms read ${id}: it must see ${index}`);
    }
    for (const { id, reason } of node.refusedReads.slice(before.refusedReads)) {
      this.note(`${node.id} refuses read ${id}: ${reason}`);
    }
  }

  #tellState({ id }: CoreNode, before: Told, now: Told): void {
    if (now.installing !== before.installing) {
      const what = now.installing === undefined ? 'goes on from' : 'installs';
      this.note(`${id} ${what} the snapshot through ${now.installing ?? before.installing}`);
    }
    const fresh = now.executed.slice(before.executed.length);
    if (fresh.length > 0 && before.installing === undefined) {
      this.note(`${id} executes ${fresh.join(' ')}`);
    }
  }

  #wrote({ id }: CoreNode, { install, truncateAfter }: ReadyWrite): void {
    if (install?.keepsSuffix === true) this.note(`${id} keeps what follows the snapshot`);
    if (install?.keepsSuffix === false) this.note(`${id} drops its log for the snapshot`);
    if (truncateAfter !== undefined) this.note(`${id} drops entries after ${truncateAfter}`);
  }
}

function told({ core, commands, reads, refusedReads }: CoreNode): Told {
  const { role, term, leader } = core;
  const whom = leader === 0 ? 'knows no leader' : `follows ${leader}`;
  return {
    core,
    standing: role === 'follower' ? `${whom} in term ${term}` : `is ${role} in term ${term}`,
    committed: core.committed,
    executed: [...commands],
    configuration: textOfConfiguration(core.configuration),
    reads: reads.length,
    refusedReads: refusedReads.length,
    installing: core.installing,
  };
}
