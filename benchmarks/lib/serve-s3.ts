/** Our S3 server as a process of its own: `serve-s3.ts <buckets> <keys> <port>`. */
import process from 'node:process';
import { keyFolder, startObjectStore } from '@larder/objectstore';

const [folder = '', keys = '', port = ''] = process.argv.slice(2);
await startObjectStore({ folder, keys: keyFolder(keys), port: Number(port) });
