/** What this machine is and allows: kernel, capabilities, limits, clock. A file that is not there tells nothing. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { endianness } from 'node:os';
import type { HostFacts } from '../facts.ts';
import { runCommand } from './command.ts';
import { hasIpCommand } from './routes.ts';

/** Processors that the Linux engine knows: 64 bits, little-endian. */
const PROCESSORS = ['x64', 'arm64', 'riscv64', 'loong64'];
const FILTERS = '/proc/sys/net/ipv4/conf';
/** Written again and again while the clock is right; the first two by systemd-timesyncd and fake-hwclock. */
const DATED_FILES = [
  '/var/lib/systemd/timesync/clock',
  '/etc/fake-hwclock.data',
  '/var/lib/dpkg/status',
  '/var/log/wtmp',
];

/**
 * @param file the configuration, which is not older than the last boot's clock
 * @param pid of the running program, whose permissions count
 */
export async function readHost(
  file: string,
  pid: number | undefined,
  links: readonly string[],
): Promise<HostFacts> {
  const [withoutChecksumOffload, hasIp, engineObstacle] = await Promise.all([
    listWithoutChecksumOffload(links),
    hasIpCommand(),
    whyNoEngine(),
  ]);
  const limit = readNumber('/proc/sys/net/core/rmem_max');
  const newestFile = newestOf([file, ...DATED_FILES]);
  return {
    kernel: readText('/proc/sys/kernel/osrelease'),
    capabilities: capabilitiesOf(pid) ?? capabilitiesOf(undefined) ?? 0n,
    firstFreePort: readNumber('/proc/sys/net/ipv4/ip_unprivileged_port_start') ?? 1024,
    receiveBufferLimitBytes: limit,
    reversePathFilters: readFilters(),
    hasIpCommand: hasIp,
    withoutChecksumOffload,
    clock: { nowMs: Date.now(), ...(newestFile !== undefined && { newestFile }) },
    engineObstacle,
  };
}

async function whyNoEngine(): Promise<string> {
  if (process.platform !== 'linux') return `this is ${process.platform}, it needs Linux`;
  if (!PROCESSORS.includes(process.arch) || endianness() !== 'LE') return `this processor is ${process.arch}`;
  try {
    await import('../../linux/index.ts');
    return '';
  } catch (error) {
    return error instanceof Error ? error.message.split('\n', 1)[0]! : String(error);
  }
}

function capabilitiesOf(pid: number | undefined): bigint | undefined {
  const hex = /^CapEff:\s*([0-9a-f]+)/m.exec(readText(`/proc/${pid ?? 'self'}/status`))?.[1];
  return hex === undefined ? undefined : BigInt(`0x${hex}`);
}

function readFilters(): Map<string, number> {
  const filters = new Map<string, number>();
  for (const name of listDirectory(FILTERS)) {
    const value = readNumber(`${FILTERS}/${name}/rp_filter`);
    if (value !== undefined) filters.set(name, value);
  }
  return filters;
}

/** Without `ethtool` none: most devices have it. */
async function listWithoutChecksumOffload(links: readonly string[]): Promise<string[]> {
  const results = await Promise.all(links.map((name) => runCommand('ethtool', ['-k', name])));
  return links.filter((_, index) => {
    const result = results[index];
    return typeof result === 'object' && /^tx-checksumming: off/m.test(result.stdout);
  });
}

function newestOf(files: readonly string[]): { name: string; modifiedMs: number } | undefined {
  return files
    .flatMap((name) => {
      const modifiedMs = modifiedMsOf(name);
      return modifiedMs === undefined ? [] : [{ name, modifiedMs }];
    })
    .sort((one, other) => other.modifiedMs - one.modifiedMs)[0];
}

function modifiedMsOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}

function readNumber(file: string): number | undefined {
  const text = readText(file);
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'latin1').trim();
  } catch {
    return ''; // not this kernel's, or not for this user: not known
  }
}

function listDirectory(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return []; // no /proc, or no IPv4
  }
}
