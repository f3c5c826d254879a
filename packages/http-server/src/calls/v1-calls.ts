import type { V1EndpointName } from '@rrmq/contract';
import type { SlowUploads } from '../slow-uploads.ts';
import type { V1StreamCall } from '../v1-call.ts';
import { addMember, changeByIds } from './change-members.ts';
import { getCluster } from './cluster-view.ts';
import { BackupRestorer } from './restore-backup.ts';
import { BackupSaver } from './save-backup.ts';
import { transferLeadership } from './transfer-leadership.ts';
import type { V1Node } from './v1-node.ts';

/** Handles a call under `/v1`. What it rejects with is a fault of the node. */
type V1Handler = (call: V1StreamCall) => Promise<void> | void;

export type V1Handlers = Readonly<Record<V1EndpointName, V1Handler>>;

/** A handler for each row of the table. */
export function v1Calls(node: V1Node, uploads: SlowUploads): V1Handlers {
  const saver = new BackupSaver(node);
  const restorer = new BackupRestorer(node, uploads);
  return {
    getCluster: (call) => getCluster(node, call),
    addMember: (call) => addMember(node, call),
    removeMembers: (call) => changeByIds(node, call, 'remove'),
    promoteMembers: (call) => changeByIds(node, call, 'promote'),
    transferLeadership: (call) => transferLeadership(node, call),
    saveBackup: (call) => saver.save(call),
    restoreBackup: (call) => restorer.restore(call),
  };
}
