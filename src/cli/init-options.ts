/** The command line of `rengarde init`; init.ts carries it out. */
import { type Command, Option } from 'commander';
import type { InitOptions } from './init.ts';

/** Adds the command. @param done takes the exit status */
export function addInit(program: Command, done: (status: number) => void): void {
  const many = (text: string, before: readonly string[] = []) => [...before, ...text.split(',')];
  const list = (flags: string, about: string) => new Option(flags, about).argParser(many);
  program
    .command('init')
    .description("write both hosts' engarde.yml and, on request, both WireGuard files")
    .option('--server <host[:port]>', "the server's public address, with a port if it isn't 59402")
    .option('--role <client|server>', "write this host's files only, and print the other's")
    .option('--with-wireguard', 'write WireGuard files too, with new keys')
    .option('--wireguard <file>', "read this host's wg-quick file, and write a changed copy of it")
    .option('--out <directory>', 'where to write', '.')
    .option(
      '--peer-public-key <key>',
      "the other host's WireGuard key, with --role; or which peer of --wireguard",
    )
    .option('--tunnel <net>', 'addresses inside of the tunnel (default: 10.20.0.0/24, or a net that is free)')
    .option('--client-number <n>', "this client's number in that net (default: 2; the server is 1)")
    .option('--interface <name>', "WireGuard's interface (default: wg0)")
    .option('--mtu <bytes>', "the tunnel's MTU (default: the narrowest link's less 80, at most 1420)")
    .addOption(list('--exclude <names>', 'interfaces that never carry the tunnel'))
    .addOption(list('--use <names>', 'the only interfaces that carry it'))
    .addOption(list('--override <if=host[:port]>', "the server's address by way of one interface"))
    .option('--client-port <port>', 'where rengarde-client listens for WireGuard (default: 59401)')
    .option('--wireguard-port <port>', "where the server's WireGuard listens (default: 59301)")
    .option('-y, --yes', 'ask nothing: what no flag says has its default')
    .option('--force', 'replace files that are there already')
    .action(async (options: InitOptions) => {
      const { initCommand } = await import('./init.ts'); // only here: the relays need none of it
      done(await initCommand(options));
    })
    .addHelpText('after', HELP);
}

const HELP = `
Without --role both hosts' files are made, in client/ and server/ of the output directory; run it on the client
then, as the links are looked at. Everything is shown before it is written, and keys are hidden. In a terminal it
asks for what no flag says.

Examples:
  rengarde init                                       asks
  rengarde init --server 203.0.113.10 --with-wireguard --out tunnel --yes
                                                      both hosts' files, WireGuard from zero
  rengarde init --wireguard /etc/wireguard/wg0.conf   for a tunnel that there is
  rengarde init --role server --server 203.0.113.10 --with-wireguard
                                                      this host's only: private keys stay where they are made
  rengarde init --server 192.168.10.2 --override eth1=192.168.11.2 --use eth0,eth1 --with-wireguard
                                                      two cables, each to another address of the server`;
