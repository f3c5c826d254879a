import type { Io } from './io.ts';

/** Calls `show` again and again, `intervalMs` after it was done, until the program is asked to stop. */
export async function repeatedly(
  io: Io,
  intervalMs: number,
  show: () => Promise<void>,
): Promise<void> {
  while (!io.stop.aborted) {
    await show();
    await pause(intervalMs, io.stop);
  }
}

/** Resolves after `ms`, or when `signal` is aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const wake = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal.addEventListener('abort', wake);
  });
}
