import type { QueueResult } from '@rrmq/queue';
import type { Group } from '@rrmq/raft';
import type { Express } from 'express';
import { roleOnTheWire } from './calls/status.ts';
import { jsonReply, send } from './reply.ts';

/** What a node says of itself. */
export interface NodeInfo {
  /** Of the program, e.g. `0.1.0`. */
  readonly version: string;
  readonly clusterId: string;
  /** Raised when a new cluster was forced from what was left of an old one. */
  readonly clusterEpoch: number;
  /** What keeps this node from serving, for people: its peers refuse it, for example. `undefined` when nothing does. */
  readonly health?: () => string | undefined;
}

/** One question that `/readyz?verbose` answers. */
interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail?: string;
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
  app.get('/readyz', (request, response) => {
    const checks = readinessChecks(group, node);
    const reason = checks.find(({ ok }) => !ok)?.detail;
    const ready = reason === undefined;
    const verdict = ready ? { ready } : { ready, reason };
    const isVerbose = request.query['verbose'] !== undefined;
    const body = JSON.stringify(isVerbose ? { ...verdict, checks } : verdict);
    send(response, jsonReply(ready ? 200 : 503, body));
  });
}

/** In the order in which they matter: the first that fails is the reason. */
function readinessChecks(group: Group<QueueResult>, node: NodeInfo): Check[] {
  const { ready, role } = group.status();
  const noLeader = role === 'leader' ? 'no quorum confirms this leader' : 'no leader is known';
  return [check('peers', node.health?.()), check('leader', ready ? undefined : noLeader)];
}

function check(name: string, trouble: string | undefined): Check {
  return trouble === undefined ? { name, ok: true } : { name, ok: false, detail: trouble };
}
