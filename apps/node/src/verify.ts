import { NodeDisk, verifyDirectory } from '@rrmq/raft';
import { ExitCode } from './exit-code.ts';
import { explainFailure } from './node-failure.ts';
import { exitWith } from './run-node.ts';

type Report = Awaited<ReturnType<typeof verifyDirectory>>;

/** Reads a data directory that no process uses, prints what is there, and resolves to the exit code. */
export async function verifyCommand(directory: string): Promise<ExitCode> {
  try {
    const report = await verifyDirectory(new NodeDisk(), directory);
    process.stdout.write(`${formatReport(report).join('\n')}\n`);
    return report.problem === undefined ? ExitCode.done : ExitCode.corruptLog;
  } catch (error) {
    return exitWith(explainFailure(error, { directory }));
  }
}

function formatReport(report: Report): string[] {
  const { directory, segments, frames, entries, last, termRuns, problem } = report;
  return [
    directory,
    `segments    ${segments.length}, the first one is ${report.firstSegment ?? 'unknown'}`,
    `compacted   ${report.compacted === undefined ? 'unknown' : `entries up to ${report.compacted}`}`,
    `mark        ${formatMark(report)}`,
    `frames      ${frames}`,
    `entries     ${entries} written, the last one is ${last ?? 'unknown'}`,
    `terms       ${termRuns.length === 0 ? 'none' : `up to ${termRuns.at(-1)?.term}`}`,
    `reserve     ${report.spare ? 'a spare segment' : 'no spare segment'}, ${report.ballast ? 'a ballast' : 'no ballast'}`,
    `last stop   ${report.clean ? 'clean' : 'not clean'}`,
    ...(report.tornBytes > 0
      ? [`torn tail   ${report.tornBytes} bytes, never acknowledged; the next start cuts them`]
      : []),
    problem === undefined
      ? 'verdict     whole'
      : `verdict     CORRUPT: ${problem.file}, byte ${problem.offset}${problem.index === undefined ? '' : `, entry ${problem.index}`}: ${problem.why}`,
  ];
}

function formatMark({ mark }: Report): string {
  if (mark === undefined) return 'none';
  return `state ${mark.generation} holds entries up to ${mark.index}, of term ${mark.term}`;
}
