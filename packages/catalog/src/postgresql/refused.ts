/** Why a wish can't be met here, as the condition `Accepted=False` says it: field, value and what to do. */
export interface Refused {
  reason: RefusalReason;
  /** Below `spec.parameters`. */
  field: string;
  value: string;
  /** Completes the sentence after the value: the cause, then the remedy. */
  because: string;
}

/** The reasons of the condition `Accepted=False`, and what each means. */
export const refusalReasons = {
  AlertsNotPossible: 'Alerts were asked for where nobody raises them.',
  BackupNotPossible: 'Backups were asked for where none are made.',
  DoesNotFit: 'The instance asks for more than the machine has.',
  ExtensionNotOnOffer: 'An extension, or that version of it, does not come with the PostgreSQL that was chosen.',
  MajorUpgradeNotPossible: 'The instance runs an older major version, and can not be moved to this one.',
  NetworkNotPossible: 'Somebody shall be allowed to connect whom the plane does not listen to.',
  OneMachine: 'More than one server was asked for, and the plane is one machine.',
  RestoreNotPossible: 'There is no backup as asked for, or the instance can not begin with it.',
  SettingNotAccepted: 'A setting is unknown, malformed, too large for the instance, or would break it.',
  StorageShrinks: 'The storage would be less than the instance has.',
  SuperuserNotPossible: 'A superuser was asked for where instances share an operating system user.',
  TimeZoneUnknown: 'The time zone of the maintenance windows is not known.',
  VersionDowngrade: 'The version is below what runs.',
  VersionNotOnOffer: 'The plane can not provide that version.',
  VersionNotSupported: 'New instances do not get that major version.',
} as const;

export type RefusalReason = keyof typeof refusalReasons;

/** All refusals as one line. */
export function describeRefusals(refusals: Refused[]): string {
  return refusals.map(({ field, value, because }) => `spec.parameters.${field}: "${value}" ${because}`).join('; ');
}

/** `a`, `b` or `c`. */
export function listed(choices: readonly string[], most = 40): string {
  if (choices.length > most) return `${choices.slice(0, most).join(', ')} …`;
  if (choices.length < 2) return choices.join('');
  return `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
}
