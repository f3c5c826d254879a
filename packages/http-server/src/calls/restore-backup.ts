import { BACKUP_MEDIA_TYPE } from '@rrmq/contract';
import { problem } from '../reply.ts';
import type { SlowUploads } from '../slow-uploads.ts';
import type { V1StreamCall } from '../v1-call.ts';
import { Restore } from './restore.ts';
import type { V1Node } from './v1-node.ts';

const NOT_A_BACKUP = problem('unsupported-media-type', `send the backup as ${BACKUP_MEDIA_TYPE}`);
const CONFLICT = problem('restore-conflict', 'another backup is being restored: wait for its end');

/** `POST /v1/backup`, for one node. */
export class BackupRestorer {
  readonly #node: V1Node;
  readonly #uploads: SlowUploads;
  #isUnderWay = false;

  constructor(node: V1Node, uploads: SlowUploads) {
    this.#node = node;
    this.#uploads = uploads;
  }

  async restore(call: V1StreamCall): Promise<void> {
    const type = call.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
    if (type !== BACKUP_MEDIA_TYPE) return call.answer(NOT_A_BACKUP);
    if (this.#isUnderWay) return call.answer(CONFLICT);
    this.#isUnderWay = true;
    const end = this.#uploads.allow(call.request);
    try {
      await this.#receive(call);
    } finally {
      end();
      this.#isUnderWay = false;
    }
  }

  async #receive(call: V1StreamCall): Promise<void> {
    const { request } = call;
    try {
      const upload = request.iterator({ destroyOnReturn: false });
      call.answer(await new Restore(this.#node).run(upload));
    } catch (error) {
      if (!request.destroyed) throw error;
      this.#node.log.warn({ err: error }, 'the upload of a backup broke off: nothing was restored');
    }
  }
}
