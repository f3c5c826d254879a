/**
 * What `npm test` does once dependencies are installed: build, check, test. A failed step does not
 * hide what the later ones find, but fails the whole. Arguments go to jest.
 */
import { spawnSync } from 'node:child_process';

const shell = process.platform === 'win32'; // pnpm is a .cmd file there
/** @type {string[]} */
const failedSteps = [];

/**
 * @param {string} step
 * @param {string[]} args
 */
function run(step, args) {
  const env = { ...process.env, RRMQ_FAILED_STEPS: failedSteps.join(' ') };
  const { status } = spawnSync('pnpm', ['run', ...args], { stdio: 'inherit', shell, env });
  if (status !== 0) failedSteps.push(step);
}

run('build', ['build:js']);
run('check', ['check']);
run('tests', ['jest', ...process.argv.slice(2)]);
process.exitCode = failedSteps.length === 0 ? 0 : 1;
