// The programs that lab and browser tests need and that are not npm packages: finds which are missing, installs
// them when this is root on Debian, and otherwise names the command that does. The suites decide what to skip.

import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { run, secondsSince } from './run.mjs';

/** By part of the tests: each program with the Debian package that brings it. */
const packageOf = {
  lab: {
    'wireguard-go': 'wireguard-go',
    wg: 'wireguard-tools',
    ip: 'iproute2',
    tc: 'iproute2',
    nft: 'nftables',
    ping: 'iputils-ping',
    iperf3: 'iperf3',
    ethtool: 'ethtool',
  },
  browser: { chromium: 'chromium' },
};

/** Debian keeps some of them where an ordinary user's PATH does not look. */
const SYSTEM_DIRECTORIES = ['/usr/sbin', '/sbin'];

/**
 * Makes the programs of a part available, or says what is missing; never fails.
 * @param {keyof typeof packageOf} part
 */
export async function providePrograms(part) {
  if (process.platform !== 'linux') return;
  const missing = Object.keys(packageOf[part]).filter((program) => !isOnPath(program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => packageOf[part][program]))];
  const install = ['apt-get', 'install', '--yes', '--no-install-recommends', ...packages];

  if (!existsSync('/etc/debian_version')) {
    console.log(`Missing for ${part}: ${missing.join(', ')} (Debian's packages are ${packages.join(', ')})`);
  } else if (process.getuid() !== 0) {
    console.log(`Missing for ${part}: ${missing.join(', ')}; to install:\n  sudo ${install.join(' ')}`);
  } else {
    await aptInstall(packages, install);
  }
}

async function aptInstall(packages, [apt, ...args]) {
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive' } };
  const waitForLock = ['-o', 'DPkg::Lock::Timeout=120'];
  const startMs = performance.now();
  process.stdout.write(`Installing Debian packages ${packages.join(', ')} ... `);
  let result = await run(apt, [...waitForLock, ...args], options);
  if (result.status !== 0) {
    // The usual reason on a fresh machine: it has no package lists yet, or old ones.
    await run(apt, [...waitForLock, 'update'], options);
    result = await run(apt, [...waitForLock, ...args], options);
  }
  console.log(`${result.status === 0 ? 'done' : 'failed'} in ${secondsSince(startMs)}`);
  if (result.status !== 0) console.log(`${result.output.trimEnd()}\n`);
}

function isOnPath(program) {
  const directories = [...(process.env.PATH ?? '').split(':'), ...SYSTEM_DIRECTORIES];
  return directories.some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false; // Not there, or not for us: both mean "look further".
    }
  });
}
