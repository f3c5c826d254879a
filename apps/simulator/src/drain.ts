/** So often the event loop gets a turn, for signals and messages from the parent process. */
const EVENT_LOOP_EVERY = 4096;

let drained = 0;

/** Turns of the event loop come at the same events of a seed, whatever was run before: they tell of what nobody caught. */
export async function beginDraining(): Promise<void> {
  drained = 0;
  await eventLoopTurn();
  // From here on promises are being handled, as `drain` needs it, whoever called.
  await Promise.resolve();
}

export async function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Resolves when no promise can go on any more. A tick that is asked for while promises are handled comes after the
 * last of them; that saves a turn of the event loop, which costs more than a simulated event. To be called while
 * promises are handled: in a callback of the event loop the tick would come before the first of them.
 */
export function drain(): Promise<void> {
  drained += 1;
  if (drained % EVENT_LOOP_EVERY === 0) return eventLoopTurn();
  return new Promise(resolveLater);
}

function resolveLater(resolve: () => void): void {
  process.nextTick(resolve);
}
