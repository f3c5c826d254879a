import type { QueueResult } from '@rrmq/queue';
import type { Group } from '@rrmq/raft';
import type { Express } from 'express';
import { roleOnTheWire } from './calls/status.ts';
import { jsonReply, send } from './reply.ts';

/** What a node says of itself. */
export interface NodeInfo {
  /** Of the program, e.g. `0.1.0`. */
  readonly version: string;
}

/** Adds what tells whether the process lives, and whether it can serve. They never wait. */
export function mountProbes(app: Express, group: Group<QueueResult>, node: NodeInfo): void {
  const greeting = (): string => {
    const { id, role, term } = group.status();
    const { version } = node;
    return JSON.stringify({ name: 'RRMQ', version, node: id, role: roleOnTheWire[role], term });
  };
  app.get('/', (_, response) => send(response, jsonReply(200, greeting())));
  app.get(['/livez', '/health'], (_, response) => send(response, jsonReply(200, '{"live":true}')));
  app.get('/readyz', (_, response) => {
    const reason = whyNotReady(group);
    if (reason === undefined) send(response, jsonReply(200, '{"ready":true}'));
    else send(response, jsonReply(503, JSON.stringify({ ready: false, reason })));
  });
}

function whyNotReady(group: Group<QueueResult>): string | undefined {
  const { ready, role } = group.status();
  if (ready) return undefined;
  return role === 'leader' ? 'no quorum confirms this leader' : 'no leader is known';
}
