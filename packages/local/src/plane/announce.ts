/** Tells whoever started the plane how the start ended, once; nobody may be listening any more. */
import { closeSync, writeSync } from 'node:fs';
import { ANNOUNCE_FD, type Announcement } from '../lifecycle/start.ts';

/** Writes to the pipe that the environment names, and closes it. Does nothing without one. */
export function announce(announcement: Announcement): void {
  const fd = Number(process.env[ANNOUNCE_FD] ?? NaN);
  // What the plane starts must not inherit the promise.
  delete process.env[ANNOUNCE_FD];
  if (!Number.isInteger(fd)) return;
  try {
    writeSync(fd, JSON.stringify(announcement));
    closeSync(fd);
  } catch {
    // The one who waited is gone.
  }
}
