import { formatCount, formatFigure } from '../quantities.ts';
import { formatTable } from '../table.ts';
import { type CallFigures, sumCalls } from '../traffic/call-watch.ts';
import type { Restart } from './restarting.ts';

/** All nodes restarted once. */
export interface RollingRound {
  readonly restarts: readonly Restart[];
  readonly calls: CallFigures;
}

export function formatRounds(rounds: readonly RollingRound[]): string {
  const titles = [
    'round',
    'publishes',
    'pops',
    'failed',
    'longest publish ms',
    'longest pop ms',
    'led',
    'left in ms',
    'back in ms',
  ];
  const rows = rounds.map(({ restarts, calls }, at) => rowOf(String(at + 1), restarts, calls));
  const all = sumCalls(rounds.map(({ calls }) => calls));
  const restarts = rounds.flatMap((round) => round.restarts);
  const failures = all.failures.map((failure) => `! ${failure}`);
  const killed = restarts.filter(({ leftWell }) => !leftWell).length;
  return [
    'Rolling restarts under load ("left" and "back": the slowest node; "led": how many of them led)',
    formatTable(titles, [...rows, rowOf('all', restarts, all)]),
    ...(failures.length > 0 ? [failures.join('\n')] : []),
    ...(killed > 0 ? [`! ${killed} nodes did not leave by themselves with exit code 0`] : []),
  ].join('\n\n');
}

function rowOf(name: string, restarts: readonly Restart[], calls: CallFigures): string[] {
  return [
    name,
    formatCount(calls.publishes),
    formatCount(calls.pops),
    formatCount(calls.failed),
    formatFigure(calls.longestPublishMs),
    formatFigure(calls.longestPopMs),
    String(restarts.filter(({ wasLeader }) => wasLeader).length),
    formatFigure(Math.max(...restarts.map(({ leftMs }) => leftMs))),
    formatFigure(Math.max(...restarts.map(({ backMs }) => backMs))),
  ];
}
