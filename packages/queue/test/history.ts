import type { Command, PlainCommand, QueueResult, Settlement } from '@rrmq/queue';
import type { Target } from './target.ts';

/** One step of a history: some time passes, then something happens. */
export interface Step {
  /** `until-due`: until an `advance` has something to do. */
  readonly wait: number | 'until-due';
  readonly act: Act;
}

/** What happens. Tokens are named by the deliveries that they belong to, since they are known at run time only. */
export type Act =
  | { readonly kind: 'run'; readonly command: PlainCommand; readonly once?: string }
  | { readonly kind: 'receive'; readonly take: Take; readonly once?: string }
  | { readonly kind: 'settle'; readonly topic: string; readonly settle: readonly SettleStep[] }
  /** Sends an earlier command again: counted from the last one, which is 0. */
  | { readonly kind: 'again'; readonly command: number }
  | { readonly kind: 'term-start'; readonly gapMs: number };

/** A receive without its secret. */
export interface Take {
  readonly topic: string;
  readonly max: number;
  readonly leaseMs?: number;
  readonly settle: readonly SettleStep[];
}

export interface SettleStep {
  readonly action: Settlement['action'];
  /** Counted from the last one of the topic, which is 0. When there is none: a forged token. */
  readonly delivery: number;
  /** A delivery of any topic. */
  readonly anywhere: boolean;
  readonly delayMs?: number;
  readonly leaseMs?: number;
  readonly reason?: string;
}

/** What a run has seen so far. */
export interface Memory {
  at: number;
  /** The last ones come first. */
  tokens: { readonly topic: string; readonly token: Uint8Array }[];
  commands: Command[];
}

export const newMemory = (): Memory => ({ at: 1_000_000, tokens: [], commands: [] });

const SECRET = Buffer.from('the secret is 16');

/** Does one step; `undefined` when it is none that has a result. */
export function runStep(target: Target, step: Step, memory: Memory): QueueResult | undefined {
  const { wait, act } = step;
  const due = target.nextDue() ?? memory.at;
  memory.at = wait === 'until-due' ? Math.max(memory.at, due) : memory.at + wait;
  if (act.kind === 'term-start') {
    target.termStart(memory.at, act.gapMs);
    return undefined;
  }
  const command = commandOf(act, memory);
  if (command === undefined) return undefined;
  const result = target.run(command, memory.at);
  memory.commands.unshift(command);
  const inner = command.kind === 'once' ? command.command : command;
  if (result.ok && result.kind === 'received' && inner.kind === 'receive') {
    for (const { token } of result.deliveries) memory.tokens.unshift({ topic: inner.topic, token });
  }
  return result;
}

function commandOf(act: Exclude<Act, { kind: 'term-start' }>, memory: Memory): Command | undefined {
  switch (act.kind) {
    case 'run':
      return onceIf(act.once, act.command);
    case 'receive': {
      const { settle, ...take } = act.take;
      const settlements = settle.map((each) => settlementOf(each, take.topic, memory));
      return onceIf(act.once, { kind: 'receive', ...take, settle: settlements, secret: SECRET });
    }
    case 'settle': {
      const settlements = act.settle.map((each) => settlementOf(each, act.topic, memory));
      return { kind: 'settle', topic: act.topic, settle: settlements };
    }
    case 'again':
      return memory.commands[act.command % Math.max(1, memory.commands.length)];
    default:
      return act satisfies never;
  }
}

const onceIf = (key: string | undefined, command: PlainCommand): Command =>
  key === undefined ? command : { kind: 'once', key, command };

function settlementOf(step: SettleStep, topic: string, { tokens }: Memory): Settlement {
  const { action, delivery, anywhere, delayMs, leaseMs, reason } = step;
  const known = anywhere ? tokens : tokens.filter((each) => each.topic === topic);
  const token = known[delivery % Math.max(1, known.length)]?.token ?? Buffer.alloc(28, 7);
  const because = reason === undefined ? {} : { reason };
  switch (action) {
    case 'nack':
      return { action, token, ...because, ...(delayMs === undefined ? {} : { delayMs }) };
    case 'reject':
      return { action, token, ...because };
    case 'extend':
      return { action, token, ...(leaseMs === undefined ? {} : { leaseMs }) };
    default:
      return { action, token };
  }
}
