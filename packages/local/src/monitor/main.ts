/**
 * The monitor process: measures the servers of one home and serves the metrics until it is asked to end. It outlives the plane, needs
 * nothing of it but its files, and may be killed at any instant.
 */
import process from 'node:process';
import { homeAt } from '../home/home.ts';
import { runMonitor } from './run.ts';

const folder = process.env.LARDER_HOME;
if (folder === undefined) throw new Error('cannot start the monitor process: LARDER_HOME is not set');
process.exitCode = await runMonitor(homeAt(folder), process.env.LARDER_MONITOR_VERSION ?? 'unknown');
// A scraper's idle connection must not keep a process that has nothing left to do.
process.exit();
