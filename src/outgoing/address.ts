import { BlockList, isIPv4, isIPv6 } from 'node:net';

// What must never be reached on behalf of somebody: whatever is no address of the public internet (IANA special-purpose
// registries), and the metadata services of clouds. Those of AWS, Google and Oracle lie in the link-local and 192.0.0.0/24
// ranges, Alibaba's in 100.64.0.0/10; Azure's is the one with a public address.
const INTERNAL_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

// Only 2000::/3 is handed out. Everything else is refused as a whole: loopback, unspecified, IPv4-mapped and -compatible,
// NAT64 (64:ff9b::/96), unique local, link-local, multicast. These are the parts of 2000::/3 that are special all the same:
// protocol assignments with Teredo, documentation, 6to4.
const GLOBAL_V6: readonly [string, number] = ['2000::', 3];
const INTERNAL_V6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const internalV4 = blockList('ipv4', INTERNAL_V4);
const internalV6 = blockList('ipv6', INTERNAL_V6);
const globalV6 = blockList('ipv6', [GLOBAL_V6]);
const loopbackV4 = blockList('ipv4', [['127.0.0.0', 8]]);

/** True for one address of the public internet, in the form that the resolver or `URL` gives it. */
export function isPublic(address: string): boolean {
  if (isIPv4(address)) return !internalV4.check(address, 'ipv4');
  return isPlainV6(address) && globalV6.check(address, 'ipv6') && !internalV6.check(address, 'ipv6');
}

/** 127.0.0.0/8 and ::1, in their own spelling only. */
export function isLoopback(address: string): boolean {
  return isIPv4(address) ? loopbackV4.check(address, 'ipv4') : address === '::1';
}

/** Without a zone: `fe80::1%eth0` names an interface of this machine. */
function isPlainV6(address: string): boolean {
  return isIPv6(address) && !address.includes('%');
}

function blockList(family: 'ipv4' | 'ipv6', ranges: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, family);
  return list;
}
