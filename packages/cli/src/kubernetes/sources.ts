/**
 * Where the parts come from. A cluster without the internet names its own places in a JSON file (`--sources`, $LARDER_SOURCES): what
 * the file leaves out comes from the usual place.
 */
import { readFileSync } from 'node:fs';
import { CommandError, EXIT } from '../failure.ts';
import { versions } from './versions.ts';

export interface Sources {
  crossplane: {
    version: string;
    /** A chart's name in `repository`, or the path of an archive. */
    chart: string;
    repository?: string;
    /** Values for the chart, as helm's --values. */
    values?: object;
  };
  cloudnativePg: {
    version: string;
    /** URL or path. */
    manifest: string;
    /** Instead of the image that the manifest names. */
    image?: string;
  };
  stackgres: { version: string; chart: string; repository?: string; values?: object };
  providerKubernetes: { package: string };
  /** The PostgreSQL versions on offer; absent: those of the compositions. */
  postgresql?: { version: string; image: string }[];
}

/** @throws CommandError when the file can't be read or names a part that there is none of */
export function readSources(file = process.env.LARDER_SOURCES): Sources {
  const { crossplane, cloudnativePg, stackgres, providerKubernetes } = versions;
  const usual: Sources = { crossplane, cloudnativePg, stackgres, providerKubernetes };
  if (!file) return usual;
  const given = parse(file);
  const unknown = Object.keys(given).find(key => !(key in usual) && key !== 'postgresql');
  if (unknown)
    throw new CommandError(`cannot use ${file}: it names "${unknown}"`, {
      remedy: `it can name ${[...Object.keys(usual), 'postgresql'].join(', ')}`,
      exitCode: EXIT.usage,
    });
  return { ...usual, ...given };
}

function parse(file: string): Partial<Sources> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Partial<Sources>;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(`cannot read the sources file ${file}: ${why}`, { exitCode: EXIT.usage, cause });
  }
}
