import { type Hash, createHash, randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import {
  BackupDecoder,
  type BackupHeader,
  BackupMalformed,
  type BackupPart,
  type ProblemCode,
  V1_TIMEOUT_MS,
} from '@rrmq/contract';
import { type QueueResult, type TopicStats, encodeCommand } from '@rrmq/queue';
import type { CommandEffect, Outcome, Term } from '@rrmq/raft';
import { type Reply, problem, v1Reply } from '../reply.ts';
import { type RestoreCommand, abandonedAt } from './restore-commands.ts';
import type { V1Node } from './v1-node.ts';
import { v1GroupRefusal } from './v1-refusals.ts';

const UNKNOWN = problem(
  'not-committed-in-time',
  'leadership was lost meanwhile: look at the topics; if there are none, send the backup again',
);
const LOST_LEAD = problem(
  'no-leader',
  'this node lost the lead meanwhile: send the backup again; until then the cluster takes nothing else',
);
const WRONG_SUM = problem('backup-malformed', 'its SHA-256 is not that of its trailer');

/** One upload of a backup, by one leader in one term: another could mix its chunks into another's. */
export class Restore {
  readonly #node: V1Node;
  readonly #term: Term;
  readonly #hash: Hash = createHash('sha256');
  /** The queue has begun, and refuses all else. */
  #isUnderWay = false;
  #chunks = 0;

  constructor(node: V1Node) {
    this.#node = node;
    this.#term = node.group.status().term;
  }

  /**
   * Proposes what arrives, the next bytes being read when a chunk is committed; resolves to the answer. Rejects when the
   * upload breaks off. Whatever happens, nothing half restored is left behind as long as this node leads.
   */
  async run(upload: AsyncIterable<Buffer>): Promise<Reply> {
    try {
      return await this.#read(upload);
    } finally {
      if (this.#isUnderWay) await this.#propose(abandonedAt(this.#chunks), 'shrinks');
    }
  }

  async #read(upload: AsyncIterable<Buffer>): Promise<Reply> {
    const decoder = new BackupDecoder();
    let sum: string | undefined;
    try {
      for await (const bytes of upload) {
        for (const part of decoder.push(bytes)) {
          if (part.kind === 'trailer') sum = part.trailer.sha256;
          const refused = await this.#take(part);
          if (refused !== undefined) return refused;
        }
      }
      decoder.end();
    } catch (error) {
      if (!(error instanceof BackupMalformed)) throw error;
      return problem('backup-malformed', error.message);
    }
    return sum === this.#hash.digest('hex') ? this.#end() : WRONG_SUM;
  }

  async #take(part: BackupPart): Promise<Reply | undefined> {
    if (part.kind === 'trailer') return undefined;
    this.#hash.update(part.raw);
    if (part.kind === 'header') return this.#begin(part.header);
    const number = this.#chunks;
    const refused = await this.#propose({ kind: 'restore-chunk', number, chunk: part.bytes });
    if (refused === undefined) this.#chunks++;
    return refused;
  }

  async #begin({ clusterId, index, createdAt }: BackupHeader): Promise<Reply | undefined> {
    const text = `cluster ${clusterId}, index ${index}, saved at ${createdAt}`;
    const begin = { kind: 'restore-begin', backupId: randomUUID(), text } as const;
    const refused = await this.#propose(begin);
    this.#isUnderWay = refused === undefined;
    return refused;
  }

  async #end(): Promise<Reply> {
    const refused = await this.#propose({ kind: 'restore-end' });
    if (refused !== undefined) return refused;
    this.#isUnderWay = false;
    return v1Reply(200, this.#restored());
  }

  /** Resolves when the command was executed; to the answer when it was not. Waits out what is over in a moment. */
  async #propose(
    command: RestoreCommand,
    effect: CommandEffect = 'grows',
  ): Promise<Reply | undefined> {
    const { group, retryMs } = this.#node;
    const encoded = encodeCommand(command);
    const giveUpAtMs = performance.now() + V1_TIMEOUT_MS;
    for (;;) {
      if (group.status().term !== this.#term) return LOST_LEAD;
      const outcome = await new Promise<Outcome<QueueResult>>((resolve) => {
        group.propose(encoded, resolve, effect);
      });
      if (outcome.kind === 'unknown') return UNKNOWN;
      if (outcome.kind === 'committed') return refusalOf(outcome.result);
      const { reason } = outcome;
      if (reason === 'not-leader') return LOST_LEAD;
      const passes =
        reason === 'unconfirmed' || reason === 'transferring' || reason === 'overloaded';
      if (!passes || performance.now() > giveUpAtMs) {
        return v1GroupRefusal(reason);
      }
      await setTimeout(retryMs);
    }
  }

  #restored(): { topics: number; messages: number } {
    const { queue } = this.#node;
    const topics = queue.topics();
    const messages = topics.reduce((sum, topic) => sum + countOf(queue.stats(topic)), 0);
    return { topics: topics.length, messages };
  }
}

const countOf = (stats: TopicStats | undefined): number =>
  stats === undefined ? 0 : stats.ready + stats.leased + stats.delayed + stats.dead;

/** What the queue's refusals of a restore mean; all others say that the chunks do not make a state. */
const refusals: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  'not-empty': ['not-empty', 'the cluster has topics: a backup is restored into an empty one'],
  'no-restore': ['restore-conflict', 'another restore has taken the place of this one'],
};

function refusalOf(result: QueueResult): Reply | undefined {
  if (result.ok) return undefined;
  const { code } = result;
  const known = Object.hasOwn(refusals, code) ? refusals[code] : undefined;
  return problem(...(known ?? (['backup-malformed', `the queue refused it: ${code}`] as const)));
}
