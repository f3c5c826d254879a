import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import { run } from './program.ts';

const stop = new AbortController();
const stopNow = (): void => {
  stop.abort();
  process.stdin.destroy(); // whoever waits for input is woken
};
process.on('SIGINT', stopNow).on('SIGTERM', stopNow).on('SIGHUP', stopNow);

// A closed pipe is reported by each write; without a listener it would end the process with a trace.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
const { version } = JSON.parse(manifest) as { version: string };

// The exit code is set, not forced: Node ends when all output has left.
process.exitCode = await run(
  process.argv.slice(2),
  {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    isTerminal: {
      stdin: isatty(process.stdin.fd),
      stdout: isatty(process.stdout.fd),
      stderr: isatty(process.stderr.fd),
    },
    stop: stop.signal,
  },
  version,
);
process.stdin.destroy(); // an unread pipe on standard input keeps nobody waiting
