import type { LogIndex, Outcome } from '@rrmq/raft';
import type { Command, QueueMachine, QueueResult } from '@rrmq/queue';
import type { SimCluster } from '@rrmq/raft/testing';

/** A message was lost, invented or handed out twice. */
export class AccountWrong extends Error {
  override readonly name = 'AccountWrong';
}

export interface Call {
  readonly client: string;
  readonly command: Command;
  outcome: Outcome<QueueResult> | undefined;
}

/** What clients asked for and were told. */
export class History {
  readonly calls: Call[] = [];

  begin(client: string, command: Command): Call {
    const call: Call = { client, command, outcome: undefined };
    this.calls.push(call);
    return call;
  }

  end(call: Call, outcome: Outcome<QueueResult>): void {
    call.outcome = outcome;
    if (outcome.kind === 'committed') this.#account(call, outcome);
  }

  /** Index of each acked publish by body, and of each message that a pop returned. */
  readonly #published = new Map<string, LogIndex>();
  readonly #popped = new Map<string, LogIndex>();

  get acked(): number {
    return this.#published.size;
  }

  get popped(): number {
    return this.#popped.size;
  }

  #account({ command }: Call, { index, result }: { index: LogIndex; result: QueueResult }): void {
    if (!result.ok) return;
    if (command.kind === 'publish') {
      for (const { body } of command.messages) this.#published.set(asText(body), index);
    } else if (result.kind === 'popped') {
      this.#accountPop(asText(result.message.body), index);
    }
  }

  #accountPop(body: string, index: LogIndex): void {
    const before = this.#popped.get(body);
    if (before !== undefined && before !== index) {
      throw new AccountWrong(`${body} was popped at ${before} and again at ${index}`);
    }
    this.#popped.set(body, index);
  }

  /**
   * At the end, with the same entries applied on all nodes: every acked publish was popped by somebody, or is still in
   * the topic, or was taken by a pop whose answer got lost; nothing that was popped was never published.
   */
  settle(cluster: SimCluster<QueueResult, QueueMachine>, remaining: readonly string[]): void {
    const unknownPops = this.calls.filter(
      ({ command, outcome }) => command.kind === 'pop' && outcome?.kind === 'unknown',
    ).length;
    const offered = new Set(
      this.calls.flatMap(({ command }) =>
        command.kind === 'publish' ? command.messages.map(({ body }) => asText(body)) : [],
      ),
    );
    const left = new Set(remaining);
    if (left.size !== remaining.length)
      throw new AccountWrong('a message stands twice in the topic');
    for (const body of [...remaining, ...this.#popped.keys()]) {
      if (!offered.has(body)) throw new AccountWrong(`${body} was never published`);
    }
    for (const body of left) {
      if (this.#popped.has(body)) throw new AccountWrong(`${body} was popped and is still there`);
    }
    const missing = [...this.#published.keys()].filter(
      (body) => !left.has(body) && !this.#popped.has(body),
    );
    if (missing.length > unknownPops) {
      throw new AccountWrong(
        `${missing.length} acked messages are gone, ${unknownPops} pops had no answer: ${missing.slice(0, 5).join(', ')}`,
      );
    }
    const hashes = new Set(cluster.running.map(({ machine }) => machine.stateHash));
    if (hashes.size > 1) throw new AccountWrong('nodes with the same entries differ in state');
  }
}

const asText = (body: Uint8Array | string): string => Buffer.from(body).toString();
