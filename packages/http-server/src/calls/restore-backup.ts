import { type Hash, createHash, randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import {
  BACKUP_MEDIA_TYPE,
  BackupDecoder,
  BackupMalformed,
  type BackupPart,
  type ProblemCode,
  V1_TIMEOUT_MS,
} from '@rrmq/contract';
import type { QueueResult } from '@rrmq/queue';
import type { Outcome } from '@rrmq/raft';
import { type Reply, problem, v1Reply } from '../reply.ts';
import type { SlowUploads } from '../slow-uploads.ts';
import type { V1StreamCall } from '../v1-call.ts';
import type { RestoreCommand } from './restore-commands.ts';
import type { V1Node } from './v1-node.ts';
import { v1GroupRefusal } from './v1-refusals.ts';

const NOT_A_BACKUP = problem('unsupported-media-type', `send the backup as ${BACKUP_MEDIA_TYPE}`);
const UNKNOWN = problem(
  'not-committed-in-time',
  'leadership was lost meanwhile: look at the topics; if there are none, send the backup again',
);
const WRONG_SUM = problem('backup-malformed', 'its SHA-256 is not that of its trailer');

/** `POST /v1/backup`: proposes what arrives chunk by chunk; the next bytes are read when a chunk is committed. */
export async function restoreBackup(
  node: V1Node,
  call: V1StreamCall,
  uploads: SlowUploads,
): Promise<void> {
  const { request } = call;
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== BACKUP_MEDIA_TYPE) return call.answer(NOT_A_BACKUP);
  const end = uploads.allow(request);
  try {
    const reply = await new Restore(node).read(request.iterator({ destroyOnReturn: false }));
    call.answer(reply);
  } catch (error) {
    // A client that goes away midway leaves nothing that anybody sees.
    if (!request.destroyed) throw error;
    node.log.warn({ err: error }, 'the upload of a backup broke off: nothing was restored');
  } finally {
    end();
  }
}

/** One upload. */
class Restore {
  readonly #node: V1Node;
  readonly #hash: Hash = createHash('sha256');
  #chunks = 0;

  constructor(node: V1Node) {
    this.#node = node;
  }

  /** Reads until the end or the first refusal. Rejects when the upload breaks off. */
  async read(upload: AsyncIterable<Buffer>): Promise<Reply> {
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
    if (sum !== this.#hash.digest('hex')) return WRONG_SUM;
    const refused = await this.#propose({ kind: 'restore-end', chunks: this.#chunks });
    return refused ?? v1Reply(200, this.#restored());
  }

  async #take(part: BackupPart): Promise<Reply | undefined> {
    if (part.kind === 'trailer') return undefined;
    this.#hash.update(part.raw);
    if (part.kind === 'header') {
      return this.#propose({ kind: 'restore-begin', backup: randomUUID() });
    }
    const number = this.#chunks++;
    return this.#propose({ kind: 'restore-chunk', number, bytes: part.bytes });
  }

  /** Resolves when the command was executed; to the answer when it was not. Waits out what is over in a moment. */
  async #propose(command: RestoreCommand): Promise<Reply | undefined> {
    const { group, encodeRestore, scheme, retryMs } = this.#node;
    const encoded = encodeRestore(command);
    const giveUpAtMs = performance.now() + V1_TIMEOUT_MS;
    for (;;) {
      const outcome = await new Promise<Outcome<QueueResult>>((resolve) => {
        group.propose(encoded, resolve, 'grows');
      });
      if (outcome.kind === 'unknown') return UNKNOWN;
      if (outcome.kind === 'committed') return refusalOf(outcome.result);
      const { reason } = outcome;
      const passes =
        reason === 'unconfirmed' || reason === 'transferring' || reason === 'overloaded';
      if (!passes || performance.now() > giveUpAtMs) {
        return v1GroupRefusal(reason, group.status(), scheme);
      }
      await setTimeout(retryMs);
    }
  }

  #restored(): { topics: number; messages: number } {
    const { queue } = this.#node;
    const topics = queue.topics();
    const messages = topics.reduce((sum, topic) => sum + queue.depth(topic), 0);
    return { topics: topics.length, messages };
  }
}

/** What the queue's refusals of a restore mean; all others say that the chunks do not make a state. */
const refusals: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  'not-empty': ['not-empty', 'the cluster has topics: a backup is restored into an empty one'],
  'restore-conflict': ['restore-conflict', 'another restore has taken the place of this one'],
};

function refusalOf(result: QueueResult): Reply | undefined {
  if (result.ok) return undefined;
  const { code } = result;
  const known = Object.hasOwn(refusals, code) ? refusals[code] : undefined;
  return problem(...(known ?? (['backup-malformed', `the queue refused it: ${code}`] as const)));
}
