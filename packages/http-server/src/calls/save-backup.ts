import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import {
  BACKUP_FORMAT,
  BACKUP_MEDIA_TYPE,
  type BackupHeader,
  encodeBackupChunkHead,
  encodeBackupStart,
  encodeBackupTrailer,
} from '@rrmq/contract';
import type { MachineSnapshot } from '@rrmq/raft';
import { problem } from '../reply.ts';
import type { V1StreamCall } from '../v1-call.ts';
import type { V1Node } from './v1-node.ts';

/** Backups that a node streams at once: each keeps a view of its store open, and one is what people take. */
const BACKUPS_MAX = 4;

/** A chunk that took longer than this to read waited for something else. */
const REST_MS_MAX = 50;

const TOO_MANY = problem('overloaded', `this node streams ${BACKUPS_MAX} backups already`);

/** `GET /v1/backup`, for one node. */
export class BackupSaver {
  readonly #node: V1Node;
  #underWay = 0;

  constructor(node: V1Node) {
    this.#node = node;
  }

  async save(call: V1StreamCall): Promise<void> {
    if (this.#underWay >= BACKUPS_MAX) return call.answer(TOO_MANY);
    this.#underWay++;
    try {
      const view = await this.#open(call);
      if (view !== undefined) await this.#stream(call, view);
    } finally {
      this.#underWay--;
    }
  }

  async #open(call: V1StreamCall): Promise<MachineSnapshot | undefined> {
    try {
      return await this.#node.admin.openBackup();
    } catch (error) {
      if (!isBackupRefused(error)) throw error;
      call.answer(problem('backup-unavailable', error.message));
      return undefined;
    }
  }

  /** Ends the connection when the state cannot be read on, or the client stands still or goes away. */
  async #stream({ response }: V1StreamCall, view: MachineSnapshot): Promise<void> {
    const { idleMs, log } = this.#node;
    try {
      response.setTimeout(idleMs, () => response.destroy());
      response.writeHead(200, {
        'Content-Type': BACKUP_MEDIA_TYPE,
        'Content-Disposition': `attachment; filename="rrmq-${view.index}.backup"`,
        'Cache-Control': 'no-store',
      });
      await pipeline(encodeBackup(this.#headerOf(view), paced(view.chunks())), response);
    } catch (error) {
      // The missing trailer tells the client.
      log.warn({ err: error, index: view.index }, 'a backup was not sent to its end');
    } finally {
      view.close();
    }
  }

  #headerOf({ index, at }: MachineSnapshot): BackupHeader {
    const { clusterId, version } = this.#node.info;
    const createdAt = new Date().toISOString();
    return { format: BACKUP_FORMAT, clusterId, index, at, createdAt, version };
  }
}

/** Whether it is raft's `BackupRefused`: nothing is broken, and it may be tried again. */
function isBackupRefused(error: unknown): error is Error {
  return error instanceof Error && error.name === 'BackupRefused';
}

/** Rests after each chunk as long as reading it took: the node has its clients to serve meanwhile. */
async function* paced(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let beganMs = performance.now();
  for await (const chunk of content) {
    const tookMs = performance.now() - beganMs;
    yield chunk;
    await pause(Math.min(tookMs, REST_MS_MAX));
    beganMs = performance.now();
  }
}

/** A backup, piece by piece, as it is read. */
async function* encodeBackup(
  header: BackupHeader,
  content: AsyncIterable<Buffer>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash('sha256');
  const start = encodeBackupStart(header);
  hash.update(start);
  yield start;
  let chunks = 0;
  let bytes = 0;
  for await (const chunk of content) {
    const head = encodeBackupChunkHead(chunk);
    hash.update(head).update(chunk);
    chunks++;
    bytes += chunk.length;
    yield head;
    yield chunk;
  }
  yield encodeBackupTrailer({ chunks, bytes, sha256: hash.digest('hex') });
}
