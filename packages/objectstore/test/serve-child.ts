/** A server as a process of its own, to be killed: `serve-child.ts <buckets> <keys>`; says its port when it serves. */
import process from 'node:process';
import { keyFolder, startObjectStore } from '@larder/objectstore';

const [folder = '', keys = ''] = process.argv.slice(2);
const store = await startObjectStore({ folder, keys: keyFolder(keys) });
process.stdout.write(`${store.port}\n`);
