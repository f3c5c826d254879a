import * as z from 'zod';

/** Bodies of the calls under `/v1/cluster` and `/v1/backup`. Requests may carry further keys, which are ignored. */

/** Ids given in one call; more voters than any cluster should have. */
export const MEMBER_IDS_MAX = 32;

const port = z.number('must be a port').int('must be a port').min(1).max(65_535, 'must be a port');

/** A member's id, from 1. */
const memberIdSchema = z
  .number('must be the id of a member')
  .int('must be the id of a member')
  .min(1, 'must be the id of a member');

/** Where a node can be reached. */
export const nodeAddressSchema = z.object(
  {
    /** Host name or IP address, without a scheme. */
    ip: z
      .string('must be a host name or an IP address')
      .regex(/^[A-Za-z0-9._:-]{1,255}$/, 'must be a host name or an IP address'),
    /** For clients. */
    port,
    /** For peers. */
    internalPort: port,
  },
  'must be an address: ip, port and internalPort',
);

export type NodeAddressBody = z.infer<typeof nodeAddressSchema>;

/** `POST /v1/cluster/members` */
export const addMemberBodySchema = z.object(
  {
    address: nodeAddressSchema.extend({
      /** By default the same as `port`: a node with one port. */
      internalPort: port.exactOptional(),
    }),
    /** Of the new node's data directory. */
    instanceId: z
      .string('must be 32 hex digits')
      .regex(/^[0-9a-f]{32}$/, 'must be 32 hex digits')
      .exactOptional(),
    /** Default `voter`: it starts as a learner all the same, and is promoted once it has caught up. */
    as: z.enum(['voter', 'learner'], 'must be voter or learner').exactOptional(),
    /** The member that leaves when the new one is promoted. */
    replaces: memberIdSchema.exactOptional(),
  },
  'must be an object',
);

/** `POST /v1/cluster/leadership` */
export const transferBodySchema = z.object(
  {
    /** By default the voter that has the most. */
    target: memberIdSchema.exactOptional(),
  },
  'must be an object',
);

/** A member as the answering node knows it. The last five are known to the leader only, and not of itself. */
export const memberViewSchema = z.object({
  id: z.number().int(),
  /** Where clients reach it. */
  url: z.string(),
  address: nodeAddressSchema,
  /** `leaving`: a voter until the change under way is over. */
  role: z.enum(['voter', 'learner', 'leaving']),
  isLeader: z.boolean(),
  /** A learner that becomes a voter once it has caught up. */
  promoting: z.literal(true).exactOptional(),
  /** Whom it replaces then. */
  replaces: z.number().int().exactOptional(),
  /** `probe`: the leader asks where its log ends. `snapshot`: it gets the whole state. */
  state: z.enum(['probe', 'replicate', 'snapshot']).exactOptional(),
  /** The last entry that it is known to hold. */
  match: z.number().int().exactOptional(),
  /** Entries of the leader's log that it is not known to hold. */
  lagEntries: z.number().int().exactOptional(),
  /** It answered one of the newest heartbeats. */
  live: z.boolean().exactOptional(),
  /** It has room on its disk for what makes the state grow. */
  room: z.boolean().exactOptional(),
});

export type MemberView = z.infer<typeof memberViewSchema>;

/** `GET /v1/cluster`: how one node sees the cluster, without asking anybody. */
export const clusterViewSchema = z.object({
  clusterId: z.string(),
  /** Raised when a new cluster was forced from what was left of an old one. */
  clusterEpoch: z.number().int(),
  /** The answering node. */
  node: z.number().int(),
  role: z.enum(['leader', 'follower', 'candidate', 'pre-candidate']),
  term: z.number().int(),
  /** `null` when none is known. */
  leader: z.number().int().nullable(),
  /** A leader: a quorum answers. Others: a leader is known. */
  ready: z.boolean(),
  members: z.array(memberViewSchema),
  /** No change of the voters is under way. */
  isSettled: z.boolean(),
  indexes: z.object({
    committed: z.number().int(),
    applied: z.number().int(),
    last: z.number().int(),
    durable: z.number().int(),
    compacted: z.number().int(),
    flushed: z.number().int(),
  }),
  disk: z.object({
    /** `null` before it was first asked. */
    freeBytes: z.number().nullable(),
    logBytes: z.number(),
    /** Executed and not yet in the store. */
    dirtyBytes: z.number(),
  }),
  /** How long the newest durable write of the log took. */
  syncMs: z.number(),
});

export type ClusterView = z.infer<typeof clusterViewSchema>;

/** Who counts: all that a node needs to join. */
export const configurationSchema = z.object({
  members: z.array(
    z.object({
      id: z.number().int(),
      address: nodeAddressSchema,
      instanceId: z.string().exactOptional(),
    }),
  ),
  voters: z.array(z.number().int()),
  outgoing: z.array(z.number().int()),
  learners: z.array(z.number().int()),
  promoting: z.array(
    z.object({ id: z.number().int(), replaces: z.number().int().exactOptional() }),
  ),
  nextId: z.number().int(),
});

export type ConfigurationBody = z.infer<typeof configurationSchema>;

/** What a new member is told. */
export const memberAddedSchema = z.object({
  id: z.number().int(),
  clusterId: z.string(),
  clusterEpoch: z.number().int(),
  members: z.array(memberViewSchema),
  configuration: configurationSchema,
});

export type MemberAdded = z.infer<typeof memberAddedSchema>;

/** Who leads now. */
export const leadershipSchema = z.object({ leader: z.number().int() });

/** What the cluster holds after a restore. */
export const restoredSchema = z.object({
  topics: z.number().int(),
  messages: z.number().int(),
});

export type Restored = z.infer<typeof restoredSchema>;
