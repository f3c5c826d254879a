import { type Exit, Program } from './program.ts';

/** How a command of an operator ended. */
export interface Ran {
  readonly code: Exit['code'];
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `rrmq` to its end against the nodes at these URLs. */
export async function rrmq(
  urls: readonly string[],
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const all = { RRMQ_URL: urls.join(','), ...env };
  await using program = new Program(args, { program: 'rrmq', cwd: '.', env: all });
  const { code } = await program.exited;
  return { code, stdout: program.stdout, stderr: program.stderr };
}
