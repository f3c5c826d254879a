import type { V1EndpointName } from '@rrmq/contract';
import type { SlowUploads } from '../slow-uploads.ts';
import type { V1StreamCall } from '../v1-call.ts';
import { addMember, changeByIds } from './change-members.ts';
import { getCluster } from './cluster-view.ts';
import { getMessage, peekMessages } from './messages/peek.ts';
import { publishMessages } from './messages/publish-messages.ts';
import { receive } from './messages/receive.ts';
import { redrive } from './messages/redrive.ts';
import { ack, extend, nack, settle } from './messages/settle.ts';
import { BackupRestorer } from './restore-backup.ts';
import { BackupSaver } from './save-backup.ts';
import { deleteTopic } from './topics/delete-topic.ts';
import { patchTopic } from './topics/patch-topic.ts';
import { pauseTopic } from './topics/pause-topic.ts';
import { purgeTopic } from './topics/purge-topic.ts';
import { putTopic } from './topics/put-topic.ts';
import { getTopic, listTopics } from './topics/show-topics.ts';
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
    listTopics: (call) => listTopics(node, call),
    getTopic: (call) => getTopic(node, call),
    putTopic: (call) => putTopic(node, call),
    patchTopic: (call) => patchTopic(node, call),
    deleteTopic: (call) => deleteTopic(node, call),
    pauseTopic: (call) => pauseTopic(node, call, true),
    resumeTopic: (call) => pauseTopic(node, call, false),
    purgeTopic: (call) => purgeTopic(node, call),
    publishMessages: (call) => publishMessages(node, call),
    receive: (call) => receive(node, call),
    settle: (call) => settle(node, call),
    ack: (call) => ack(node, call),
    nack: (call) => nack(node, call),
    extend: (call) => extend(node, call),
    peekMessages: (call) => peekMessages(node, call),
    getMessage: (call) => getMessage(node, call),
    redrive: (call) => redrive(node, call),
    getCluster: (call) => getCluster(node, call),
    addMember: (call) => addMember(node, call),
    removeMembers: (call) => changeByIds(node, call, 'remove'),
    promoteMembers: (call) => changeByIds(node, call, 'promote'),
    transferLeadership: (call) => transferLeadership(node, call),
    saveBackup: (call) => saver.save(call),
    restoreBackup: (call) => restorer.restore(call),
  };
}
