/** What it takes to get from one version to another, and from one configuration to another. */
import { factsOf, majorsWithFacts } from '../facts/facts.ts';
import { compareVersions, majorOf } from '../versions/versions.ts';
import { VERSION_FIELD, type Change, type Setup } from './change.ts';

export function versionChanges({ version: from }: Setup, { version: to }: Setup): Change[] {
  if (compareVersions(from, to) === 0) return [];
  if (majorOf(from) === majorOf(to)) return [{ field: VERSION_FIELD, from, to, needs: 'Restart', why: MINOR }];
  return [{ field: VERSION_FIELD, from, to, needs: 'NewServer', why: MAJOR }];
}

const MINOR = 'The server restarts on the binaries of the new version.';
const MAJOR = 'A server of the new major version is filled beside the old one, and takes its place.';

export function settingChanges(running: Setup, requested: Setup): Change[] {
  const names = [...new Set([...Object.keys(running.settings), ...Object.keys(requested.settings)])].sort();
  return names.flatMap(name => {
    const [from, to] = [running.settings[name], requested.settings[name]];
    if (from === to) return [];
    return [settingChange(name, { from: from ?? DEFAULT, to: to ?? DEFAULT }, majorOf(running.version))];
  });
}

const DEFAULT = 'default';

function settingChange(name: string, { from, to }: { from: string; to: string }, major: number): Change {
  const restarts = contextOf(name, major) === 'postmaster';
  const why = restarts ? `PostgreSQL reads ${name} at its start only` : `PostgreSQL reads ${name} anew while it runs`;
  return { field: `settings.${name}`, from, to, needs: restarts ? 'Restart' : 'Reload', why };
}

/** Settings of extensions aren't in the table; those that we preload are read anew. */
function contextOf(name: string, major: number): string {
  if (!majorsWithFacts.includes(major)) return 'postmaster';
  const { settings } = factsOf(major);
  const known =
    settings[name] ?? Object.entries(settings).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
  return known?.context ?? 'sighup';
}
