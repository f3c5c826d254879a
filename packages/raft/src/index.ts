export { FalseClaim, WentBack, assert } from './core/assert.ts';
export {
  type Configuration,
  type Member,
  type NodeAddress,
  type Promotion,
} from './core/configuration.ts';
export { type MembershipChange, type MembershipRefusal } from './core/membership-change.ts';
export {
  type Incarnation,
  type LogIndex,
  type LogTime,
  type NodeId,
  type Term,
  logIndex,
  logTime,
  nodeId,
  term,
} from './core/numbers.ts';
export { type FlushLimits } from './driver/flusher.ts';
export { type ForcedCluster, forceNewCluster } from './driver/force-new-cluster.ts';
export {
  type CommandEffect,
  type Group,
  type GroupAdmin,
  type GroupGauges,
  type GroupStatus,
  type MembershipOutcome,
  type Outcome,
  type PeerGauges,
  type ReadOutcome,
  type RefusalReason,
  type TransferOutcome,
  type TransferRefusal,
} from './driver/group.ts';
export { type RoleName } from './core/role.ts';
export { clusterIdOf, newInstanceId } from './driver/membership.ts';
export { NodeClock } from './driver/node-clock.ts';
export { type NodeEvent, type SnapshotEvent } from './driver/node-events.ts';
export { NodeNetwork, type PeerTls, type UpgradeSource } from './driver/node-network.ts';
export {
  BackupRefused,
  type JoiningNode,
  type NewNode,
  NotMember,
  type Ports,
  type RaftNodeOptions,
  StoreMismatch,
  WrongDirectory,
} from './driver/node-options.ts';
export { NodePeerAuth } from './driver/node-peer-auth.ts';
export { NodeRandom } from './driver/node-random.ts';
export { NodeTimers } from './driver/node-timers.ts';
export { COMMAND_BYTES_MAX } from './driver/proposals.ts';
export { RaftNode } from './driver/raft-node.ts';
export {
  type Disk,
  type MachineSnapshot,
  type PeerAuth,
  type SnapshotSink,
  type StateMachine,
} from './ports.ts';
export { DirectoryLocked, LogCorrupt, NoLog } from './storage/log-errors.ts';
export { NodeDisk } from './storage/node-disk.ts';
export { verifyDirectory } from './storage/verify.ts';
