/** What a claim shows of its backups. */
import type { Schema } from '@larder/kube';

const described = (description: string): Schema => ({ type: 'string', description });

export const backupStatusSchema: Record<string, Schema> = {
  backups: {
    type: 'array',
    description: 'The base backups, the newest first.',
    items: {
      type: 'object',
      required: ['name', 'time'],
      properties: {
        name: described('Its name, as barman-cloud-backup-list has it.'),
        time: described('When it was complete: the first moment that it can give back.'),
        size: described('What it occupies in the bucket, without WAL, as a quantity.'),
        firstWal: described('The first WAL file that it needs.'),
        lastWal: described('The last WAL file that it needs.'),
      },
    },
  },
  recoverable: {
    type: 'object',
    description: 'The moments that the instance can be brought back to.',
    required: ['from', 'to'],
    properties: { from: described('The earliest.'), to: described('The latest.') },
  },
  backupStore: {
    type: 'object',
    description: 'Where the backups lie, in the words of the barman-cloud tools.',
    properties: {
      endpoint: described('The URL of the S3 server: --endpoint-url.'),
      destinationPath: described('The bucket: SOURCE_URL.'),
      serverName: described('The name that the server has there: SERVER_NAME.'),
      secretName: described('The secret in the namespace of the claim with a key that can only read.'),
    },
  },
};

/** What applies of `spec.parameters.backup`, the defaults filled in. */
export const backupPlanSchema: Schema = {
  type: 'object',
  description: 'What applies of spec.parameters.backup.',
  properties: {
    enabled: { type: 'boolean', description: 'Whether backups are made.' },
    schedule: described('When base backups are made: cron, in UTC.'),
    keeps: described('For how long, or how many of them, backups are kept.'),
    keepAfterDeletion: described('For how long they outlive the claim.'),
    next: described('When the next one is due.'),
    message: described('What is being done now, or why no backups are made.'),
  },
};
