/** What the plane says of itself, through a file: `monitor/plane.json`, written every few seconds. Nobody asks the plane for it. */
import { add, type Measured, type Sample } from '@larder/monitor';
import { findText, replaceFile } from '../home/files.ts';
import type { MonitorPlace } from './place.ts';

/** How old it may be while the plane is taken to run (s). */
const FRESH_S = 60;

interface PlaneFile {
  /** Seconds since 1970. */
  at: number;
  metrics: [string, Sample[]][];
}

/** Never throws. */
export function writePlane({ plane }: MonitorPlace, at: number, measured: Measured): void {
  const file: PlaneFile = { at, metrics: [...measured] };
  try {
    replaceFile(plane, JSON.stringify(file));
  } catch {
    // A full disk, or nobody measures yet: the next one tries again.
  }
}

/** Without a plane that runs, that it doesn't, and nothing else. */
export function readPlane({ plane }: MonitorPlace, now: number): Measured {
  const file = parse(findText(plane));
  const isUp = file !== undefined && now - file.at < FRESH_S;
  const measured: Measured = new Map(isUp ? file.metrics : []);
  add(measured, 'larder_plane_up', isUp ? 1 : 0);
  return measured;
}

function parse(text: string | undefined): PlaneFile | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as PlaneFile);
  } catch {
    return undefined;
  }
}
