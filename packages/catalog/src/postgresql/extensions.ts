/** Which extensions an instance can have. */
import { factsOf } from './facts/facts.ts';
import { listed, type Refused } from './refused.ts';
import { closestName } from './settings/closest-name.ts';

/** Why some of the extensions can't be had in this major version. */
export function refuseExtensions(wanted: { name: string; version?: string }[], major: number): Refused[] {
  const offered = factsOf(major).extensions;
  return wanted.flatMap(({ name, version }, index) => {
    const extension = offered[name];
    if (!extension) {
      const close = closestName(name, Object.keys(offered));
      const choices =
        close === undefined ? `choose from ${listed(Object.keys(offered), 60)}` : `did you mean ${close}?`;
      return [refused(`extensions[${index}].name`, name, `is not on offer for PostgreSQL ${major}: ${choices}`)];
    }
    if (version === undefined || extension.versions.includes(version)) return [];
    const because = `is no version of ${name} in PostgreSQL ${major}: choose ${listed(extension.versions)}, or leave it out for ${extension.default}`;
    return [refused(`extensions[${index}].version`, version, because)];
  });
}

function refused(field: string, value: string, because: string): Refused {
  return { reason: 'ExtensionNotOnOffer', field, value, because };
}
