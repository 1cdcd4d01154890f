/** Reads a log as what is asked for of it: since when, which words, how many of the last, as text or as it is. */
import { LogParser, type LogRecord } from '@larder/postgres';
import { logJson, logText, timeOf } from './output/log.ts';

export interface LogWish {
  /** ms since 1970. */
  since?: number;
  grep?: RegExp;
  json: boolean;
}

/** What is written of each record that is wished for. What has no time of its own belongs to what stands before it. */
export class LogReader {
  readonly #parser = new LogParser();
  readonly #wish: LogWish;
  #time: number | undefined;

  constructor(wish: LogWish) {
    this.#wish = wish;
  }

  push(text: string): string[] {
    return this.#written(this.#parser.push(text));
  }

  end(): string[] {
    return this.#written(this.#parser.end());
  }

  #written(records: LogRecord[]): string[] {
    const { since, grep, json } = this.#wish;
    return records.flatMap(record => {
      this.#time = timeOf(record) ?? this.#time;
      if (since !== undefined && (this.#time ?? 0) < since) return [];
      const text = logText(record);
      if (grep && !grep.test(text)) return [];
      return [json ? logJson(record) : text];
    });
  }
}

/** Lines of the plane's own log, which tell their time at their beginning. */
export function planeLines(lines: string[], { since, grep }: Pick<LogWish, 'since' | 'grep'>): string[] {
  let time: number | undefined;
  return lines.filter(line => {
    const own = Date.parse(line.slice(0, line.indexOf(' ')));
    time = Number.isNaN(own) ? time : own;
    return (since === undefined || (time ?? 0) >= since) && (grep?.test(line) ?? true);
  });
}
