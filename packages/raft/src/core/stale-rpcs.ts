import { answerHeartbeat, refuseAppend } from './following.ts';
import { answerChunk } from './installing.ts';
import { onReadIndex } from './reading.ts';
import type { RequestVote, Rpc } from './rpc.ts';
import type { CoreState } from './state.ts';

/** Who asks in an older term is told ours, so that it follows it; any other stale rpc is ignored (§5.1). */
export function answerStale(core: CoreState, rpc: Exclude<Rpc, RequestVote>): void {
  if (rpc.kind === 'append-entries') refuseAppend(core, rpc);
  // Its round was asked in another term: the answer proves nothing in this one (thesis §6.4).
  else if (rpc.kind === 'heartbeat') answerHeartbeat(core, { ...rpc, round: 0 });
  else if (rpc.kind === 'read-index') onReadIndex(core, rpc);
  else if (rpc.kind === 'install-snapshot') {
    answerChunk(core, rpc, { status: 'refused', next: 0 });
  }
}
