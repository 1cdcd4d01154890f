/** larder, the command. */
export { main } from './main.ts';
export { buildProgram } from './program.ts';
export { EXIT } from './failure.ts';
export type { Surroundings } from './surroundings.ts';
