import type { QueueMachine, QueueResult } from '@rrmq/queue';
import type { SimBoot, SimCluster } from '@rrmq/raft/testing';

export type Cluster = SimCluster<QueueResult, QueueMachine>;
export type Boot = SimBoot<QueueResult, QueueMachine>;
