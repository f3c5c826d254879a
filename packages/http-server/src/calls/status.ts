import type { Role } from '@rrmq/contract';
import type { RoleName } from '@rrmq/raft';
import type { Call } from '../exchange.ts';
import { jsonReply } from '../reply.ts';
import type { SeedNode } from './seed-node.ts';

/** A pre-candidate has not asked for votes yet: to its clients it follows. */
export const roleOnTheWire: Readonly<Record<RoleName, Role>> = {
  leader: 'Leader',
  candidate: 'Candidate',
  'pre-candidate': 'Follower',
  follower: 'Follower',
};

/** `GET /status` */
export function status(node: SeedNode, call: Call): void {
  const { role, term } = node.group.status();
  call.answer(jsonReply(200, JSON.stringify({ role: roleOnTheWire[role], term })));
}
