/**
 * What Linux tells of a device in files: evidence of its kind that rtnetlink lacks, and where there is no
 * rtnetlink, everything but the addresses. A file that is not there says no.
 * /sys shows the network namespace it was mounted in, which may not be this process's: then nothing is found.
 * Source: sysfs-class-net in the kernel's Documentation/ABI.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

const CLASS = '/sys/class/net';
/** Drivers of modems, and of telephones that share their connection over USB. */
const MODEM_DRIVERS = new Set([
  'qmi_wwan',
  'qmi_wwan_q',
  'cdc_mbim',
  'huawei_cdc_ncm',
  'sierra_net',
  'hso',
  'ipheth',
  'rndis_host',
  'mhi_net',
  'mhi_wwan_mbim',
]);
const TUN_WITHOUT_ETHERNET = 1;

/** Names of all devices; empty where there is no /sys. */
export function deviceNames(): string[] {
  return attempt(() => readdirSync(CLASS).filter((name) => existsSync(`${CLASS}/${name}/ifindex`))) ?? [];
}

/** One of a device's files, trimmed. */
export function readDeviceFile(name: string, file: string): string | undefined {
  return attempt(() => readFileSync(`${CLASS}/${name}/${file}`, 'latin1').trim());
}

/** Where one of a device's links leads, the last part only: `master` -> "br0". */
export function readDeviceLink(name: string, link: string): string | undefined {
  return attempt(() => basename(readlinkSync(`${CLASS}/${name}/${link}`)));
}

export function isWireless(name: string): boolean {
  return existsSync(`${CLASS}/${name}/phy80211`) || existsSync(`${CLASS}/${name}/wireless`);
}

export function isModem(name: string): boolean {
  return deviceType(name) === 'wwan' || MODEM_DRIVERS.has(readDeviceLink(name, 'device/driver') ?? '');
}

/** "bridge", "vlan", "wireguard", "tun" …; undefined for hardware and for types that tell nothing (veth). */
export function deviceType(name: string): string | undefined {
  const tunFlags = readDeviceFile(name, 'tun_flags');
  if (tunFlags !== undefined) return (Number(tunFlags) & TUN_WITHOUT_ETHERNET) !== 0 ? 'tun' : 'tap';
  return /^DEVTYPE=(.+)$/m.exec(readDeviceFile(name, 'uevent') ?? '')?.[1];
}

/** The control socket of a userspace WireGuard (wireguard-go, boringtun) for this device. */
export function hasWireguardSocket(name: string): boolean {
  return existsSync(`/var/run/wireguard/${name}.sock`);
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    // Not there, or without a value just now (carrier of a device that is down): both mean "not known".
    return undefined;
  }
}
