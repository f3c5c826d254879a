/** The long campaign of `apps/node/test/chaos`, built first: `pnpm chaos --rounds 20`. */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } });
const env = { ...process.env, RRMQ_CHAOS_ROUNDS: values.rounds };
const shell = process.platform === 'win32'; // pnpm is a .cmd file there

for (const args of [['build:js'], ['jest', 'apps/node/test/chaos', '--verbose']]) {
  const { status } = spawnSync('pnpm', ['run', ...args], { stdio: 'inherit', shell, env });
  if (status !== 0) process.exit(status ?? 1);
}
