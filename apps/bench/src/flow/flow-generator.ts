import { Flow } from './flow.ts';
import type { FlowAnswer, FlowCommand } from './flow-job.ts';

/** The flow process: does what its parent commands, one after the other, and ends with it. */
export function runFlowGenerator(): void {
  const state: FlowState = { flow: undefined };
  process.on('disconnect', () => process.exit());
  process.on('message', (command: FlowCommand) => void obey(state, command));
}

interface FlowState {
  flow: Flow | undefined;
}

async function obey(state: FlowState, command: FlowCommand): Promise<void> {
  try {
    tell(await answer(state, command));
  } catch (error) {
    tell({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
  }
}

async function answer(state: FlowState, command: FlowCommand): Promise<FlowAnswer> {
  if (command.kind === 'start') state.flow = new Flow(command.job);
  const { flow } = state;
  if (flow === undefined) throw new Error('no flow was started');
  if (command.kind === 'finish') return { kind: 'account', account: await flow.finish() };
  if (command.kind === 'limit') flow.limit(command.backlog);
  return { kind: 'counts', counts: flow.counts };
}

function tell(message: FlowAnswer): void {
  process.send?.(message);
}
