import type { Configuration } from '../../src/core/configuration.ts';
import type { AppendEntries, AppendReply, Rpc } from '../../src/core/rpc.ts';
import type { CoreNode } from './core-node.ts';

/** How transcripts put rpcs and nodes into words. `5@2` is the entry at index 5, of term 2. */

export function textOf(rpc: Rpc): string {
  switch (rpc.kind) {
    case 'request-vote': {
      const what = rpc.pre ? 'pre-vote?' : 'vote?';
      const order = rpc.transfer ? ', by order' : '';
      return `${what} term ${rpc.term}, log ends ${rpc.lastIndex}@${rpc.lastTerm}${order}`;
    }
    case 'vote-reply':
      return `${rpc.pre ? 'pre-vote' : 'vote'}: ${rpc.granted ? 'yes' : 'no'}, term ${rpc.term}`;
    case 'append-entries':
      return textOfAppend(rpc);
    case 'append-reply':
      return textOfAppendReply(rpc);
    case 'heartbeat':
      return `heartbeat ${rpc.round}, term ${rpc.term}, commit ${rpc.commit}`;
    case 'heartbeat-reply':
      return `heartbeat ${rpc.round} heard, term ${rpc.term}`;
    case 'timeout-now':
      return `campaign now, term ${rpc.term}`;
    case 'install-snapshot': {
      const last = rpc.last ? ', the last' : '';
      return `snapshot ${rpc.snapshot.id} through ${rpc.snapshot.index}: chunk ${rpc.chunk}${last}`;
    }
    case 'install-reply': {
      const wanted = rpc.status === 'more' ? `chunk ${rpc.next} wanted` : rpc.status;
      return `snapshot ${rpc.snapshotId}: ${wanted}, term ${rpc.term}`;
    }
    case 'read-index':
      return `read ${rpc.read}?`;
    case 'read-reply':
      return `read ${rpc.read}: ${rpc.refusal ?? `must see ${rpc.index}`}`;
    default:
      rpc satisfies never;
      return '';
  }
}

function textOfAppend({ term, prevIndex, prevTerm, batches, commit }: AppendEntries): string {
  const first = batches[0]?.first;
  const last = batches.at(-1)?.last;
  const entries = first === last ? `${first}` : `${first}–${last}`;
  const what = first === undefined ? 'no entry' : entries;
  return `append ${what} after ${prevIndex}@${prevTerm}, term ${term}, commit ${commit}`;
}

function textOfAppendReply(rpc: AppendReply): string {
  const { ok, match, hintIndex, hintTerm, term } = rpc;
  if (ok) return `appended through ${match}, term ${term}`;
  return `refused after ${match}, perhaps ${hintIndex}@${hintTerm}, term ${term}`;
}

export function textOfConfiguration(configuration: Configuration): string {
  const { voters, outgoing, learners, promoting } = configuration;
  const parts = [`voters ${voters.join(' ')}`];
  if (outgoing.length > 0) parts.push(`and of old ${outgoing.join(' ')}`);
  if (learners.length > 0) parts.push(`learners ${learners.join(' ')}`);
  for (const { id, replaces } of promoting) {
    parts.push(`${id} to be promoted${replaces === undefined ? '' : ` in place of ${replaces}`}`);
  }
  return parts.join(', ');
}

/** One line for `status`. */
export function textOfNode({ id, running, core, commands }: CoreNode): string {
  if (!running) return `${id} is down`;
  const { role, term, leader, last, committed, compacted, applied } = core;
  const follows = role === 'follower' ? ` of ${leader === 0 ? 'nobody' : leader}` : '';
  const end = `log ends ${last}@${core.termAt(last) ?? '?'}`;
  const from = compacted > 0 ? `, compacted ${compacted}` : '';
  const behind = applied < committed ? `, applied ${applied}` : '';
  const state = commands.length > 0 ? `: ${commands.join(' ')}` : '';
  const node = `${id} ${role}${follows}, term ${term}, ${end}`;
  return `${node}, committed ${committed}${behind}${from}${state}`;
}
