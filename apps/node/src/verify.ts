import { type StoreReport, verifyStore } from '@rrmq/queue';
import { NodeDisk, verifyDirectory } from '@rrmq/raft';
import { ExitCode } from './exit-code.ts';
import { explainFailure } from './node-failure.ts';
import { exitWith } from './run-node.ts';

/** A copy has the lock's file, too, and would be taken for the directory in use. */
const WHEN_LOCKED =
  'Stop that process, or verify a copy of the directory from which the file lock-… was removed.';

type LogReport = Awaited<ReturnType<typeof verifyDirectory>>;

/** The store that the log counts on: what is in it, and what is wrong with it. */
interface StoreVerdict {
  readonly report: StoreReport | undefined;
  readonly problem: string | undefined;
}

/** Reads a data directory that no process uses, prints what is there, and resolves to the exit code. */
export async function verifyCommand(directory: string): Promise<ExitCode> {
  try {
    const log = await verifyDirectory(new NodeDisk(), directory);
    const store = await verifyItsStore(directory, log);
    process.stdout.write(`${[...logLines(log), ...storeLines(store)].join('\n')}\n`);
    const isWhole = log.problem === undefined && store.problem === undefined;
    return isWhole ? ExitCode.done : ExitCode.corruptLog;
  } catch (error) {
    return exitWith(explainFailure(error, { directory, whenLocked: WHEN_LOCKED }));
  }
}

/** The store must hold what the log no longer does, and nothing that the log does not know. */
async function verifyItsStore(directory: string, { mark, last }: LogReport): Promise<StoreVerdict> {
  const generation = mark?.generation ?? 1;
  const report = await verifyStore(directory, generation);
  if (report === undefined) {
    const isNeeded = mark !== undefined && mark.index > 0;
    const problem = isNeeded ? `there is no store of generation ${generation}` : undefined;
    return { report, problem };
  }
  const { index, problem } = report;
  if (problem !== undefined) return { report, problem };
  if (mark !== undefined && index < mark.index) {
    return {
      report,
      problem: `it ends with entry ${index}, and the log counts on entry ${mark.index}`,
    };
  }
  if (last !== undefined && index > last) {
    return { report, problem: `it holds entry ${index}, and the log ends with entry ${last}` };
  }
  return { report, problem: undefined };
}

function logLines(report: LogReport): string[] {
  const { directory, segments, frames, entries, last, termRuns, compacted, mark, problem } = report;
  const spares = [
    ...(report.spare ? ['spare segment'] : []),
    ...(report.ballast ? ['ballast'] : []),
  ];
  return [
    directory,
    `segments    ${segments.length}, from ${report.firstSegment ?? 'unknown'} on`,
    `frames      ${frames}`,
    `entries     ${entries} written, the last one is ${last ?? 'unknown'}, those up to ${compacted ?? 0} are only in the store`,
    `terms       ${termRuns.length === 0 ? 'none' : `up to ${termRuns.at(-1)?.term}`}`,
    `mark        ${mark === undefined ? 'none yet' : `entry ${mark.index} of term ${mark.term}, state ${mark.generation}`}`,
    `reserves    ${spares.length === 0 ? 'none' : spares.join(', ')}`,
    `last stop   ${report.clean ? 'clean' : 'not clean'}`,
    ...(report.tornBytes > 0
      ? [`torn tail   ${report.tornBytes} bytes, never acknowledged; the next start cuts them`]
      : []),
    problem === undefined
      ? 'log         whole'
      : `log         CORRUPT: ${problem.file}, byte ${problem.offset}${problem.index === undefined ? '' : `, entry ${problem.index}`}: ${problem.why}`,
  ];
}

function storeLines({ report, problem }: StoreVerdict): string[] {
  const verdict = problem === undefined ? 'store       whole' : `store       CORRUPT: ${problem}`;
  if (report === undefined) return [problem === undefined ? 'store       none yet' : verdict];
  const { index, hash, topics, messages, bytes, producers } = report;
  return [
    `state       at entry ${index}: hash ${hash.toString(16)}, ${topics} topics, ${messages} messages, ${bytes} bytes, ${producers} producers`,
    verdict,
  ];
}
