/**
 * The storage process: serves the buckets of one home until it is asked to end. It outlives the plane, needs nothing of it but its
 * certificate's file, and may be killed at any instant.
 */
import process from 'node:process';
import { homeAt } from '../home/home.ts';
import { runStorage } from './run.ts';

const folder = process.env.LARDER_HOME;
if (folder === undefined) throw new Error('cannot start the storage process: LARDER_HOME is not set');
process.exitCode = await runStorage(homeAt(folder), process.env.LARDER_STORAGE_VERSION ?? 'unknown');
// A client's idle connection must not keep a process that has nothing left to do.
process.exit();
