/** `list-interfaces`: every interface the system has, and what the client would do with it. */
import { existsSync } from 'node:fs';
import { type ClientConfig, ConfigError, compileGlobs, loadClientConfig } from '../config/index.ts';
import { listInterfaces, selectInterfaces, type Verdict } from '../interfaces/index.ts';
import { DEFAULT_FILE } from './default-file.ts';

/** Returns the exit status: 1 when the file named cannot be used. */
export async function listInterfacesCommand(file: string | undefined): Promise<number> {
  let config: ClientConfig | undefined;
  try {
    config = await loadIfThere(file);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`rengarde-client: ${error.message}\n`);
    return 1;
  }
  const selection = {
    excluded: config?.excludedInterfaces ?? [],
    included: config?.includedInterfaces ?? [],
  };
  const verdicts = selectInterfaces(listInterfaces(), selection, compileGlobs);
  process.stdout.write(table(verdicts.map((verdict) => row(verdict, config))));
  return 0;
}

/** A file that was named must load; the default one may be missing. */
async function loadIfThere(file: string | undefined): Promise<ClientConfig | undefined> {
  if (file === undefined && !existsSync(DEFAULT_FILE)) return undefined;
  return (await loadClientConfig(file ?? DEFAULT_FILE)).config;
}

function row(verdict: Verdict, config: ClientConfig | undefined): string[] {
  const { name, kind, addresses, isUp, hasCarrier } = verdict.interface;
  const usable = addresses.filter((address) => address.usable).map(({ address }) => address);
  const label = config?.interfaceLabels[name];
  const state = !isUp ? ', down now' : hasCarrier ? '' : ', no carrier now';
  const use = verdict.isUsed ? `used${state}` : `not used: ${verdict.reason}`;
  return [name, usable.join(' ') || '-', kind, label === undefined ? use : `${use} (${label})`];
}

function table(rows: string[][]): string {
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((cells) => cells[column]!.length), 0));
  const line = (cells: string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return rows.map((cells) => `${line(cells)}\n`).join('');
}
