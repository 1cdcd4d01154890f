/** Which steps each operation is made of. Names of steps are for ever: changes that run remember theirs. */
import { rollbackDeed } from './major/rollback.ts';
import { majorDeed } from './major/upgrade.ts';
import { applyStep, restartStep } from './steps/restart.ts';
import { backupStep } from './steps/backup.ts';
import { vacuumStep } from './steps/vacuum.ts';
import type { Deeds } from './step.ts';

export function makeDeeds(): Deeds {
  return {
    Restart: { steps: [restartStep] },
    ApplyPending: majorDeed([applyStep(['settings', 'version'])]),
    // PostgreSQL's security fixes are its minor versions.
    SecurityUpgrade: { steps: [applyStep(['version'])] },
    MinorVersionUpgrade: { steps: [applyStep(['version'])] },
    MajorVersionUpgrade: majorDeed(),
    Rollback: rollbackDeed(),
    Vacuum: { steps: [vacuumStep()] },
    Maintenance: majorDeed([backupStep, applyStep(['settings', 'version'])]),
  };
}
