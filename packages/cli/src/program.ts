/** The command tree: every command with its help. What a command does is in its own file. */
import { Command } from 'commander';
import { applyCommand } from './commands/apply.ts';
import { backupCommand, backupsCommand } from './commands/backup.ts';
import { cleanCommand } from './commands/clean.ts';
import { applyPendingCommand, restartCommand, rollbackCommand, upgradeCommand } from './commands/changes.ts';
import { clusterCommand } from './commands/cluster.ts';
import { deleteCommand } from './commands/delete.ts';
import { describeCommand } from './commands/describe.ts';
import { diffCommand } from './commands/diff.ts';
import { doctorCommand } from './commands/doctor.ts';
import { downCommand } from './commands/down.ts';
import { drillCommand } from './commands/drill.ts';
import { getCommand } from './commands/get.ts';
import { kubeconfigCommand } from './commands/kubeconfig.ts';
import { logsCommand } from './commands/logs.ts';
import { pendingCommand } from './commands/pending.ts';
import { deprovisionCommand, provisionCommand } from './commands/provision.ts';
import { deprovisionUserCommand, provisionUserCommand } from './commands/provision-user.ts';
import { psqlCommand } from './commands/psql.ts';
import { cloneCommand, restoreCommand } from './commands/restore.ts';
import { restoreStoreCommand } from './commands/restore-store.ts';
import { storesCommand } from './commands/stores.ts';
import { slaCommand } from './commands/sla.ts';
import { statusCommand } from './commands/status.ts';
import { topCommand } from './commands/top.ts';
import { upCommand } from './commands/up.ts';
import { versionCommand } from './commands/version.ts';
import { versionsCommand } from './commands/versions.ts';
import { waitCommand } from './commands/wait.ts';
import { EXIT_CODES } from './options.ts';
import type { Surroundings } from './surroundings.ts';

type MakeCommand = (surroundings: Surroundings) => Command;

const groups: Record<string, MakeCommand[]> = {
  'The plane:': [
    upCommand,
    downCommand,
    statusCommand,
    topCommand,
    slaCommand,
    logsCommand,
    restoreStoreCommand,
    cleanCommand,
  ],
  'Claims and other objects:': [applyCommand, getCommand, describeCommand, waitCommand, deleteCommand, psqlCommand],
  'Changes:': [diffCommand, pendingCommand, applyPendingCommand, restartCommand, upgradeCommand, rollbackCommand],
  'Backups:': [backupCommand, backupsCommand, restoreCommand, cloneCommand, drillCommand, storesCommand],
  'For a start:': [
    provisionCommand,
    deprovisionCommand,
    provisionUserCommand,
    deprovisionUserCommand,
    versionsCommand,
    kubeconfigCommand,
    versionCommand,
  ],
  'On Kubernetes:': [clusterCommand, doctorCommand],
};

/** The program, ready to parse. It throws instead of ending the process. */
export function buildProgram(surroundings: Surroundings): Command {
  const program = new Command('larder')
    .description('PostgreSQL off the shelf: a claim in, a database out.')
    // A command may have an option --version of its own: what comes after a command's name is that command's.
    .enablePositionalOptions()
    .version(surroundings.version, '-V, --version', 'print the version of this command')
    .configureHelp({ sortSubcommands: false, subcommandTerm: command => command.name() })
    .addHelpText('after', footer)
    .showHelpAfterError('(larder --help lists the commands)')
    .exitOverride();
  for (const [heading, makers] of Object.entries(groups)) {
    program.commandsGroup(heading);
    for (const make of makers) program.addCommand(prepared(make(surroundings)));
  }
  return program;
}

/** Sub-commands don't inherit this when they are made elsewhere. */
function prepared(command: Command): Command {
  return command.exitOverride().showHelpAfterError(`(larder ${command.name()} --help tells more)`);
}

const footer = `
${EXIT_CODES}
State lives in $LARDER_HOME (default ~/.larder, as root /var/lib/larder).

Example:
  larder up && larder apply -f service/prototype-instance.yaml && larder wait postgres1`;
