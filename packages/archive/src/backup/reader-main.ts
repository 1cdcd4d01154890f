/**
 * The reader's process. Started as root it becomes the server's account before it looks at the first file; the order is the first line
 * on its standard input, the label's text the second, both as JSON.
 */
import { createInterface } from 'node:readline';
import { encodeFrame } from './frames.ts';
import { readDataDirectory, type ReadOrder } from './reader.ts';

interface Start {
  account?: { uid: number; gid: number };
  order: ReadOrder;
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function line<T>(): Promise<T> {
  const { value, done } = (await lines.next()) as { value: string; done?: boolean };
  // Whoever started us is gone, and nobody wants the rest.
  if (done === true) process.exit(3);
  return JSON.parse(value) as T;
}

try {
  const { account, order } = await line<Start>();
  if (account && process.geteuid?.() === 0) {
    process.setgroups?.([account.gid]);
    process.setgid?.(account.gid);
    process.setuid?.(account.uid);
  }
  await readDataDirectory(order, process.stdout, () => line<string>());
} catch (error) {
  const { message } = error as Error;
  for (const part of encodeFrame({ kind: 'failed', message })) process.stdout.write(part);
  process.exitCode = 1;
}
process.stdin.destroy();
