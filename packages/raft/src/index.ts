export { FalseClaim, assert } from './core/assert.ts';
export { type Configuration, type Member, type NodeAddress } from './core/configuration.ts';
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
export { clusterIdOf } from './driver/membership.ts';
export { NodeClock } from './driver/node-clock.ts';
export { type NodeEvent } from './driver/node-events.ts';
export { NodeNetwork } from './driver/node-network.ts';
export {
  type NewNode,
  type Ports,
  type RaftNodeOptions,
  WrongDirectory,
} from './driver/node-options.ts';
export { NodeRandom } from './driver/node-random.ts';
export { NodeTimers } from './driver/node-timers.ts';
export { COMMAND_BYTES_MAX } from './driver/proposals.ts';
export { RaftNode } from './driver/raft-node.ts';
export { type Disk, type MachineSnapshot, type StateMachine } from './ports.ts';
export { DirectoryLocked, LogCorrupt, NoLog } from './storage/log-errors.ts';
export { NodeDisk } from './storage/node-disk.ts';
export { verifyDirectory } from './storage/verify.ts';
