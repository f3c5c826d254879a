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
    `segments    ${segments.length}`,
    `frames      ${frames}`,
    `entries     ${entries} written, the last one is ${last ?? 'unknown'}`,
    `terms       ${termRuns.length === 0 ? 'none' : `up to ${termRuns.at(-1)?.term}`}`,
    `last stop   ${report.clean ? 'clean' : 'not clean'}`,
    ...(report.tornBytes > 0
      ? [`torn tail   ${report.tornBytes} bytes, never acknowledged; the next start cuts them`]
      : []),
    problem === undefined
      ? 'verdict     whole'
      : `verdict     CORRUPT: ${problem.file}, byte ${problem.offset}${problem.index === undefined ? '' : `, entry ${problem.index}`}: ${problem.why}`,
  ];
}
