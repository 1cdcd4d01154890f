/** A restore's fetch as a process of its own, as the plane starts one: `{ destination, backupId, folder }` on its standard input. */
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { fetchBackup, openStore, type Destination } from '@larder/archive';

const order = JSON.parse(await text(process.stdin)) as { destination: Destination; backupId: string; folder: string };
const store = openStore(order.destination);
await fetchBackup({ store, ...order });
store.close();
