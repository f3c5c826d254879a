export { FalseClaim, assert } from './core/assert.ts';
export { type Member, type NodeAddress } from './core/configuration.ts';
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
export {
  type Group,
  type GroupStatus,
  type Outcome,
  type ReadOutcome,
  type RefusalReason,
} from './driver/group.ts';
export { type RoleName } from './core/role.ts';
export { clusterIdOf } from './driver/membership.ts';
export { NodeClock } from './driver/node-clock.ts';
export { type NodeEvent } from './driver/node-events.ts';
export { NodeNetwork, type PeerTls, type UpgradeSource } from './driver/node-network.ts';
export {
  type NewNode,
  type Ports,
  type RaftNodeOptions,
  WrongDirectory,
} from './driver/node-options.ts';
export { NodePeerAuth } from './driver/node-peer-auth.ts';
export { NodeRandom } from './driver/node-random.ts';
export { NodeTimers } from './driver/node-timers.ts';
export { COMMAND_BYTES_MAX } from './driver/proposals.ts';
export { RaftNode } from './driver/raft-node.ts';
export { type Disk, type MachineSnapshot, type PeerAuth, type StateMachine } from './ports.ts';
export { DirectoryLocked, LogCorrupt, NoLog } from './storage/log-errors.ts';
export { NodeDisk } from './storage/node-disk.ts';
export { verifyDirectory } from './storage/verify.ts';
