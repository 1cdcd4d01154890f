/** The lines of a watch: one JSON event each, however the network cuts them. */
import { StringDecoder } from 'node:string_decoder';
import type { KubeObject, WatchEvent } from '@larder/kube';
import { statusErrorOf } from './answers.ts';

/** No event of a served object comes near this. */
const LONGEST_LINE = 64 * 1024 * 1024;

/** @throws StatusError when the server sends an `ERROR` event */
export async function* watchEvents<T extends KubeObject>(chunks: AsyncIterable<Buffer>): AsyncIterable<WatchEvent<T>> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of chunks) {
    rest += decoder.write(chunk);
    if (rest.length > LONGEST_LINE) throw new Error('cannot read the watch: a line is too long');
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield eventOf<T>(line);
  }
}

function eventOf<T extends KubeObject>(line: string): WatchEvent<T> {
  const event = JSON.parse(line) as { type: string; object: T };
  if (event.type !== 'ERROR') return event as WatchEvent<T>;
  throw statusErrorOf(500, event.object, line);
}
