import type { NodeEvent } from '@rrmq/raft';

/** What a node tells about itself, in few words. */
export function wordsOf(event: NodeEvent): string {
  switch (event.kind) {
    case 'opened':
      return `starts: term ${event.term}, last ${event.last}, flushed ${event.flushed}${event.tornBytes > 0 ? `, cuts ${event.tornBytes} torn bytes` : ''}`;
    case 'role-changed':
      return `${event.role} of term ${event.term}${event.leader === 0 ? '' : `, leader ${event.leader}`}`;
    case 'voted':
      return `votes for ${event.candidate} in term ${event.term}`;
    case 'configuration-changed': {
      const { voters, outgoing, learners } = event.configuration;
      const joint = outgoing.length === 0 ? '' : ` and ${outgoing.join(' ')} (joint)`;
      const others = learners.length === 0 ? '' : `, learners ${learners.join(' ')}`;
      return `configuration of entry ${event.index}: voters ${voters.join(' ')}${joint}${others}`;
    }
    case 'refused-by-peer':
    case 'welcome-refused':
    case 'hello-refused':
      return `${event.kind}: ${event.refusal.code}`;
    default: {
      const { kind, ...fields } = event;
      const told = Object.entries(fields).map(([name, value]) => `${name} ${String(value)}`);
      return told.length === 0 ? kind : `${kind}: ${told.join(', ')}`;
    }
  }
}
