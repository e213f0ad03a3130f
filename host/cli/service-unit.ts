/**
 * The systemd unit of `kizashi serve`: a user of its own made by systemd, serial ports and nothing else, no privilege, no network beyond
 * loopback. `systemd-analyze security --offline=true` rates it at 1.5 or better (lower is safer).
 */
export const unitName = 'kizashi.service';

export interface UnitOptions {
  /** Path of node and of the command. */
  node: string;
  entry: string;
}

/**
 * Text of the unit. Two usual lines are left out on purpose: MemoryDenyWriteExecute, since V8 compiles at run time, and DevicePolicy=strict,
 * since the ports' names are not known beforehand. Type=exec: Node has no unix datagram socket for sd_notify(3), and a message from a
 * program that systemd-notify(1) starts may arrive after that program is gone.
 */
export function serviceUnit({ node, entry }: UnitOptions): string {
  const quoted = (path: string): string =>
    /[\s"\\%]/.test(path) ? `"${path.replace(/(["\\])/g, '\\$1').replaceAll('%', '%%')}"` : path;
  return `[Unit]
Description=kizashi motor condition monitoring
After=network.target systemd-udevd.service
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${quoted(node)} ${quoted(entry)} serve --no-input
Restart=always
RestartSec=5
TimeoutStopSec=20
DynamicUser=yes
SupplementaryGroups=dialout
StateDirectory=kizashi
StateDirectoryMode=0700
RuntimeDirectory=kizashi
RuntimeDirectoryMode=0750
ConfigurationDirectory=kizashi
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateUsers=yes
PrivateMounts=yes
DevicePolicy=closed
DeviceAllow=char-ttyUSB rw
DeviceAllow=char-ttyACM rw
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
ProcSubset=pid
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
CapabilityBoundingSet=
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
UMask=0077
RemoveIPC=yes
IPAddressDeny=any
IPAddressAllow=localhost
MemoryMax=1G

[Install]
WantedBy=multi-user.target
`;
}

/** The unit for the command that runs now. */
export function thisUnit(): string {
  return serviceUnit({ node: process.execPath, entry: process.argv[1] });
}
