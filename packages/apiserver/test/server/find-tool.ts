/** Programs that `hack/tools/install.sh` installs, or that are in PATH. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
const tools = process.env.LARDER_TOOLS ?? join(cache, 'larder/tools');
const folders = [tools, join(tools, 'bin'), ...(process.env.PATH ?? '').split(delimiter)].filter(each => each !== '');

/** The program's path; `undefined` where there is none. */
export function findTool(name: string): string | undefined {
  return folders.map(folder => join(folder, name)).find(existsSync);
}
