/** The process of one restore. The order is the first line on its standard input; when that is closed, the plane is gone, and it ends. */
import { createInterface } from 'node:readline';
import { admissionFor } from './limits.ts';
import type { RestoreOrder, RestoreSays } from './order.ts';
import { performRestore, type Performing } from './perform.ts';

const ending = new AbortController();
const say = (says: RestoreSays): void => void process.stdout.write(`${JSON.stringify(says)}\n`);
process.stdout.on('error', () => undefined);

const lines = createInterface({ input: process.stdin });
lines.once('close', () => ending.abort(new Error('the plane has ended')));
lines.once('line', line => {
  const order = JSON.parse(line) as RestoreOrder;
  const tell: Performing['tell'] = progress => say({ progress });
  admissionFor(order)
    .then(admit => performRestore({ order, tell, admit, signal: ending.signal }))
    .then(
      () => say({ done: true }),
      (error: Error) => say({ failed: error.message }),
    )
    .finally(() => process.stdin.destroy());
});
