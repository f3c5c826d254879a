import type {
  DecodedCommand,
  DecodedOnce,
  DecodedPlainCommand,
} from '../commands/command-decoding.ts';
import { decodeResult } from '../results/result-decoding.ts';
import { encodeResult } from '../results/result-encoding.ts';
import { type QueueResult, refused } from '../results/result.ts';
import type { QueueState } from '../state/queue-state.ts';
import { StoreCorrupt } from '../store/store.ts';
import { advance } from './advancing.ts';
import { publish } from './publishing.ts';
import { purge } from './purging.ts';
import { pop, receive } from './receiving.ts';
import { redrive } from './redriving.ts';
import { beginRestore, endRestore, isRestore, restoreChunk } from './restoring.ts';
import { settle } from './settling.ts';
import { createTopic, deleteTopic, pauseTopic, updateTopic } from './topics.ts';

/** Executes a command on `state`, whose index and time are the command's. */
export function executeCommand(state: QueueState, command: DecodedCommand): QueueResult {
  if (state.restore !== undefined && !goesWithRestore(command)) return refused('restoring');
  switch (command.kind) {
    case 'once':
      return executeOnce(state, command);
    case 'compare-states':
      return { ok: true, kind: 'states-compared' };
    case 'restore-begin':
      return beginRestore(state, command);
    case 'restore-chunk':
      return restoreChunk(state, command);
    case 'restore-end':
      return endRestore(state);
    default:
      return executePlain(state, command);
  }
}

const goesWithRestore = (command: DecodedCommand): boolean =>
  isRestore(command) || command.kind === 'compare-states';

function executePlain(state: QueueState, command: DecodedPlainCommand): QueueResult {
  if (command.kind !== 'advance') noteRates(state, command.topic);
  switch (command.kind) {
    case 'publish':
      return publish(state, command);
    case 'receive':
      return receive(state, command);
    case 'settle':
      return settle(state, command);
    case 'pop':
      return pop(state, command);
    case 'advance':
      return advance(state);
    case 'create-topic':
      return createTopic(state, command);
    case 'update-topic':
      return updateTopic(state, command);
    case 'delete-topic':
      return deleteTopic(state, command);
    case 'pause-topic':
      return pauseTopic(state, command);
    case 'purge':
      return purge(state, command);
    case 'redrive':
      return redrive(state, command);
    default:
      return command satisfies never;
  }
}

function noteRates({ topics, at }: QueueState, name: string): void {
  const topic = topics.get(name);
  topic?.rates.note(at, topic.counters);
}

/** Executes a command unless its idempotency key is remembered. A refusal is not. */
function executeOnce(state: QueueState, { key, command, bytes }: DecodedOnce): QueueResult {
  const { at, requests } = state;
  const verdict = requests.judge(key, bytes, at);
  if (verdict.kind === 'key-reused') return refused('key-reused');
  if (verdict.kind === 'repeated') {
    const result = decodeResult(verdict.result);
    if (result === undefined) throw new StoreCorrupt(`the answer kept for ${key} is malformed`);
    return result;
  }
  const result = executePlain(state, command);
  if (result.ok) requests.remember(key, { command: bytes, result: encodeResult(result), at });
  return result;
}
