/**
 * One error class and one table. Library code throws `KizashiError`; only host/cli prints. Codes come in bands by folder: 01 link,
 * 02 session, 03 flash, 04 provision, 05 capture, 06 signal and wear, 07 motors and configuration, 08 recordings, 09 store,
 * 10 monitor, 11 emulate, 12 serve, 13 publish, 14 cli, 15 johnny-five, Firmata and text sources. A code is never renumbered. docs/errors.md is generated from this table.
 */

export interface ErrorRow {
  /** Exit code of the command line (docs/errors.md): 2 wrong use, 3 configuration, 4 not found, 5 busy or permission, 6 board silent or foreign, 7 flash mismatch, 8 proof failed, 9 data unusable, 13 refused by policy, 70 bug. */
  exit: number;
  /** What failed, in general words; the thrown message names the object. */
  what: string;
  /** Why it is likely; replaced by a measured reason where there is one. */
  why: string;
  /** One command or one act that helps. */
  fix: string;
}

// biome-ignore format: a table is read by its rows, one a line
export const errorTable = {
  KZ0101: { exit: 4, what: 'the port does not exist', why: 'the board is not plugged in, or its name changed', fix: 'kizashi ports' },
  KZ0102: { exit: 5, what: 'the port is in use', why: 'another program holds it (a terminal, ModemManager, another kizashi)', fix: 'close the other program and try again' },
  KZ0103: { exit: 5, what: 'the port may not be opened', why: 'your user is not in the group that owns serial ports', fix: 'sudo usermod -aG dialout $USER, then log in again' },
  KZ0104: { exit: 5, what: 'the port did not open in time', why: 'the driver of the port hangs', fix: 'unplug the board, wait five seconds, plug it in again' },
  KZ0105: { exit: 6, what: 'the connection to the board was lost', why: 'the cable was unplugged, or the board lost its supply', fix: 'check cable and supply; kizashi reopens the port by itself' },
  KZ0106: { exit: 5, what: 'the port cannot be opened', why: 'the system refused it', fix: 'kizashi ports' },
  KZ0107: { exit: 3, what: 'a description of a board or sensor is not usable', why: 'a field is missing or out of range', fix: 'compare the file with those in boards/' },
  KZ0201: { exit: 6, what: 'the board does not answer', why: 'it runs other firmware, hangs, or the cable carries power only', fix: 'kizashi ports; then kizashi flash' },
  KZ0202: { exit: 6, what: 'the board has no usable identity', why: 'it was never provisioned, or its memory is damaged', fix: 'kizashi flash' },
  KZ0203: { exit: 6, what: 'the board has no key yet', why: 'it was flashed and not provisioned', fix: 'kizashi provision' },
  KZ0204: { exit: 6, what: 'the board belongs to another installation', why: 'its key is not pinned here', fix: 'flash it again, or let its owner wipe it' },
  KZ0205: { exit: 6, what: 'the port is quarantined', why: 'the board or the line behaved as a forgery would', fix: 'look at the cable and the board, then decide with kizashi quarantine' },
  KZ0206: { exit: 6, what: 'the board refused a command', why: 'it cannot do what was asked, or not now', fix: 'read the reason in the message' },
  KZ0207: { exit: 6, what: 'the board did not acknowledge a command', why: 'frames are lost on the line, or the board hangs', fix: 'check the cable; try a lower baud rate' },
  KZ0208: { exit: 6, what: 'the session ended', why: 'the board restarted, or an answer carried a false MAC', fix: 'try again; kizashi greets the board anew by itself' },
  KZ0209: { exit: 5, what: 'the session is busy', why: 'a capture or another command is under way', fix: 'wait for it to end' },
  KZ0301: { exit: 9, what: 'the firmware image is not usable', why: 'it is no Intel HEX, or it covers the claim page', fix: 'npm run firmware' },
  KZ0302: { exit: 3, what: 'the claim ticket is not usable', why: 'it belongs to another flashing or is damaged', fix: 'flash the board again' },
  KZ0303: { exit: 6, what: 'no bootloader answers', why: 'the board has none, or its reset line is not wired to DTR', fix: 'press the reset button as the command starts' },
  KZ0304: { exit: 7, what: 'the chip is not that of the board', why: 'another board is plugged in than was named', fix: 'kizashi ports; then kizashi flash PORT --board NAME' },
  KZ0305: { exit: 7, what: 'the flash reads back otherwise than it was written', why: 'bytes are lost on the line, the flash is worn out, or the bootloader lies', fix: 'take another cable, then flash again: the bootloader is untouched' },
  KZ0306: { exit: 7, what: 'the bootloader answers wrongly', why: 'bytes are lost or altered on the line', fix: 'take another cable or USB port, then flash again' },
  KZ0307: { exit: 3, what: 'the released firmware is not usable', why: 'image and manifest do not belong together, or none exists for the board', fix: 'install kizashi again, or npm run firmware' },
  KZ0308: { exit: 4, what: 'there is no backup to restore', why: 'nothing but kizashi was ever on the board when it was flashed here', fix: 'kizashi flash PORT --restore --backup FILE' },
  KZ0309: { exit: 5, what: 'the backup cannot be written', why: 'the disk is full, or the folder belongs to somebody else', fix: 'make room or name another folder: --state DIR; nothing was written to the board' },
  KZ0310: { exit: 7, what: 'flashing was interrupted', why: 'the cable was pulled, or the board lost its supply', fix: 'plug it in and flash again: the bootloader is untouched' },
  KZ0311: { exit: 13, what: 'the firmware would be older than that on the board', why: 'an older firmware may have holes that the newer one closed', fix: 'install the newest kizashi, or add --allow-downgrade' },
  KZ0312: { exit: 7, what: 'the flashed board does not answer as it should', why: 'what runs on it is not what was written', fix: 'kizashi detect PORT; then flash again' },
  KZ0313: { exit: 8, what: 'the firmware is not signed by a release key', why: 'the package was altered, or its images were built elsewhere', fix: 'install a release of kizashi, or add --allow-unsigned' },
  KZ0401: { exit: 4, what: 'the claim of the board is unknown here', why: 'another installation flashed it', fix: 'take the ticket of that installation, or flash again' },
  KZ0402: { exit: 8, what: 'the board does not know its claim', why: 'it is not the board that was flashed, or the ticket is wrong', fix: 'nothing was sent to it; check which board is plugged in, or flash again' },
  KZ0403: { exit: 7, what: 'the firmware of the board is not the one expected', why: 'its digest differs from the manifest', fix: 'kizashi flash' },
  KZ0404: { exit: 8, what: 'the key of the board is not acceptable', why: 'it fails the checks that every pinned key must pass', fix: 'flash the board again; report it if it happens twice' },
  KZ0405: { exit: 8, what: 'the key of the board is already known', why: 'two boards with one key: firmware or noise source is defective', fix: 'accept neither board; flash both again' },
  KZ0406: { exit: 8, what: 'the first signature of the board is false', why: 'its firmware computes wrongly, or the line was altered', fix: 'flash the board again with a released image' },
  KZ0407: { exit: 6, what: 'the board did not finish making its keys', why: 'it was unplugged or hangs', fix: 'plug it in again and repeat: provisioning resumes' },
  KZ0408: { exit: 3, what: 'the key store is not usable', why: 'a file in it is damaged or readable by others', fix: 'restore it from the backup; its files need mode 0600' },
  KZ0409: { exit: 5, what: 'the key store cannot be written', why: 'the disk is full, or the folder belongs to somebody else', fix: 'make room or mend its owner; captures go on by themselves' },
  KZ0410: { exit: 13, what: 'nobody owns the boards of this site yet', why: 'the admin key of a board must not stay on the gateway', fix: 'kizashi init --recovery-key FILE, or for one desk kizashi init --bench' },
  KZ0411: { exit: 3, what: "the owner's public key or a recovery file is not usable", why: 'it is no key of age, or the file is damaged or cannot be written', fix: 'kizashi admin keygen on another computer, then kizashi init --recovery-key FILE' },
  KZ0412: { exit: 8, what: "the owner's key does not open what it should", why: 'another identity, another passphrase, or a damaged file', fix: 'take the identity whose public half was given to kizashi init' },
  KZ0413: { exit: 6, what: "the board did not carry out its owner's command", why: 'it was unplugged or reset in the middle', fix: 'plug it in again and repeat the command' },
  KZ0414: { exit: 4, what: 'no board of that name is pinned', why: 'it is misspelt, or was provisioned elsewhere', fix: 'kizashi keys list' },
  KZ0415: { exit: 8, what: "the owner's answer does not fit", why: 'it answers another request, or did not come in time', fix: 'ask again: kizashi wipe PORT --request FILE; then kizashi admin sign FILE' },
  KZ0501: { exit: 2, what: 'the capture plan is not possible', why: 'rate, channels or length do not fit together', fix: 'read the limits in the message' },
  KZ0502: { exit: 8, what: 'the capture was rejected', why: 'it does not prove itself', fix: 'capture again; if it repeats, look for somebody on the line' },
  KZ0503: { exit: 9, what: 'the evidence file is malformed', why: 'it is damaged or no evidence file', fix: 'export it again' },
  KZ0504: { exit: 3, what: 'the key file is malformed', why: 'it is not a JSON object of key id and public key', fix: 'see docs/protocol.md for its form' },
  KZ0601: { exit: 9, what: 'samples that this computation cannot take', why: 'their number or the settings are outside what is defined', fix: 'record longer, or choose another setting' },
  KZ0651: { exit: 9, what: 'the capture holds nothing to analyse', why: 'it has no channel of the quantity asked for, or no gap-free span', fix: 'check which channels the capture carries: kizashi analyze FILE --json' },
  KZ0652: { exit: 8, what: 'a rejected capture is not analysed', why: 'its proof failed: doubt about the data never becomes a statement about the motor', fix: 'kizashi verify FILE' },
  KZ0653: { exit: 3, what: 'the bearing data contradict themselves', why: 'BPFO + BPFI must be the number of rolling elements; ball frequencies are often printed twice as high', fix: 'state balls, ball diameter and pitch diameter instead of orders' },
  KZ0654: { exit: 9, what: 'no decoys can be drawn for this set of bearings', why: 'the variants together cover the whole range of orders, so chance cannot be judged', fix: 'name fewer bearing variants for this position' },
  KZ0655: { exit: 9, what: 'the history does not fit', why: 'it was written by another version or is damaged', fix: 'start a new baseline for this motor' },
  KZ0656: { exit: 9, what: 'the finding cannot be recomputed', why: 'its algorithm or kernel is not part of this version', fix: 'install the version of kizashi named in the finding' },
  KZ0706: { exit: 4, what: 'a motor names no board', why: 'several boards are pinned here, or none', fix: 'kizashi motors edit NAME --board BOARD' },
  KZ0707: { exit: 3, what: 'a motor has no wired channel', why: 'its file does not say what hangs on which pin', fix: 'kizashi wiring SENSOR BOARD' },
  KZ0751: { exit: 3, what: 'the bearing geometry is impossible', why: 'a diameter or the number of balls is wrong', fix: 'state balls, ball diameter and pitch diameter in mm from the data sheet' },
  KZ0752: { exit: 3, what: 'no such sensor', why: 'boards/sensors has no file of that name', fix: 'name one of the sensors of boards/sensors, or add a file for yours' },
  KZ0701: { exit: 3, what: 'a motor file is not valid', why: 'a key is missing, misspelt or out of range', fix: 'correct the line named above' },
  KZ0702: { exit: 3, what: 'a motor file cannot be read', why: 'the file does not exist or may not be read', fix: 'give the path of a YAML file that exists' },
  KZ0703: { exit: 4, what: 'no bearing of that designation', why: 'the bearing table has no verified row for it', fix: 'kizashi bearings list, or give the geometry: --bearing n=9,d=7.94,D=38.5' },
  KZ0704: { exit: 3, what: 'the configuration file is not valid', why: 'a key is missing, misspelt or out of range', fix: 'kizashi config schema' },
  KZ0705: { exit: 2, what: 'the motor is configured already', why: 'a motor of that name is in the state folder', fix: 'kizashi motors edit NAME, or choose another name' },
  KZ0801: { exit: 2, what: 'a recording cannot be read', why: 'the file does not exist or may not be read', fix: 'give the path of a file that exists' },
  KZ0802: { exit: 9, what: 'a file is no recording that kizashi knows', why: 'neither its first bytes nor its name are those of WAV, CSV, MAT, NPY or a recordings index', fix: 'export it as CSV with one column a channel and a time column' },
  KZ0803: { exit: 9, what: 'the sample rate is not known', why: 'the file states none and has no time column', fix: 'name it: --rate 12000' },
  KZ0804: { exit: 9, what: 'the samples are not evenly spaced in time', why: 'the logger wrote when it could, so that no spectrum can be computed', fix: 'record with the sensor’s own clock, or force a rate you know: --rate' },
  KZ0805: { exit: 9, what: 'a recording is too short', why: 'fewer samples than one block of analysis', fix: 'record at least 2 s, better 10 s' },
  KZ0806: { exit: 9, what: 'no usable channel', why: 'no numeric vector of that name or length is in the file', fix: 'name a channel that exists: --channel NAME' },
  KZ0807: { exit: 9, what: 'a WAV file is damaged', why: 'its header does not agree with its bytes', fix: 'copy or record it again' },
  KZ0808: { exit: 9, what: 'a CSV file holds no numbers', why: 'no column has numeric rows', fix: 'one column a channel, one row a sample, one header line' },
  KZ0809: { exit: 9, what: 'a MAT file is damaged', why: 'an element does not fit into its parent', fix: 'copy or save it again' },
  KZ0810: { exit: 9, what: 'a MAT file of version 7.3 is not read', why: 'it is an HDF5 file', fix: "save it with save(…, '-v7')" },
  KZ0811: { exit: 2, what: 'a unit is not known', why: 'it is none of m/s2, mm/s2, g, mg, A, mA, V, mV, relative', fix: 'name one of them: --units g' },
  KZ0812: { exit: 9, what: 'a recordings index is not readable', why: 'it is no JSON of the form kizashi-…/1', fix: 'correct the field named above' },
  KZ0813: { exit: 9, what: 'a record does not agree with its index', why: 'digest, length or statistics differ', fix: 'fetch the recording again' },
  KZ0814: { exit: 9, what: 'a recording is clipped', why: 'the signal stands at the end of the converter’s range', fix: 'record with a larger range or less gain' },
  KZ0815: { exit: 9, what: 'a recording is empty', why: 'it has no samples, or every channel is constant', fix: 'check sensor and wiring, record again' },
  KZ0816: { exit: 9, what: 'an NPY file is damaged or of a form not read', why: 'its header does not describe its bytes', fix: 'numpy.save a one- or two-dimensional array of real numbers' },
  KZ0817: { exit: 9, what: 'a recording is too large', why: 'more than 1 GB once unpacked', fix: 'cut it into parts' },
  KZ0901: { exit: 2, what: 'cannot open the history', why: 'the folder is not writable or the file is damaged', fix: 'kizashi demo --state ./another-folder' },
  KZ0902: { exit: 3, what: 'a newer version wrote this history', why: 'an older kizashi was installed over a newer one', fix: 'npm install kizashi@latest' },
  KZ0903: { exit: 4, what: 'the history does not hold this capture', why: 'another site took it, or the history is a new one', fix: 'name the state folder of the gateway that took it: --state DIR' },
  KZ0904: { exit: 5, what: 'the log of the gateway cannot be written', why: 'the disk is full, or another process holds it', fix: 'make room, or end the other process; nothing was attested' },
  KZ0905: { exit: 8, what: 'the log of the gateway is not what it signed', why: 'files of it were changed, lost, or restored from an older backup', fix: 'keep the folder for inspection and begin a new log: move it and keys/gateway-key.json away' },
  KZ1150: { exit: 2, what: 'the virtual rig was asked for the past', why: 'it keeps the last 150 ms only; readers of one motor must go forward together', fix: 'give each reader that lags its own rig of the same seed' },
  KZ1151: { exit: 3, what: 'a motor that cannot exist', why: 'the nameplate contradicts itself', fix: 'check power, speed, poles and frequency of the nameplate' },
  KZ1152: { exit: 3, what: 'a sensor that cannot be put on an analog pin', why: 'its description has no voltage a unit', fix: 'choose a sensor with an `analog` part in boards/sensors' },
  KZ1201: { exit: 4, what: 'no motor of that name', why: 'it is not configured here', fix: 'kizashi motors list' },
  KZ1202: { exit: 2, what: 'a request asks for something out of range', why: 'the number of points is bounded', fix: 'ask for 2 to 5000 points' },
  KZ1203: { exit: 4, what: 'no capture yet', why: 'the motor was not measured since the start', fix: 'wait for the first capture' },
  KZ1204: { exit: 13, what: 'refused to listen beyond loopback', why: 'a listener that others can reach needs TLS and users', fix: 'leave out --listen, and use an SSH tunnel' },
  KZ1205: { exit: 5, what: 'the port for the page is taken', why: 'another program listens there', fix: 'kizashi demo --http 0' },
  KZ1101: { exit: 3, what: 'a firmware image that cannot be loaded', why: 'the file is not an Intel HEX image of this chip', fix: 'npm run firmware' },
  KZ1102: { exit: 3, what: 'a pin the emulated board does not have', why: 'the name is misspelt or belongs to another board', fix: 'use a name printed on the board, such as 7 or A0' },
  KZ1103: { exit: 3, what: 'two emulated boards of one name', why: 'names of emulated boards are their port names', fix: 'give each board its own name' },
  KZ1104: { exit: 4, what: 'an emulated board that is not there', why: 'no board of that name was plugged in', fix: 'kizashi ports' },
  KZ1105: { exit: 70, what: 'an emulation that waits for ever', why: 'the awaited event did not happen in the given emulated time', fix: 'look at what the board last sent' },
  KZ1106: { exit: 70, what: 'a misuse of the chip that real silicon would not forgive', why: 'the firmware relies on behaviour the data sheet excludes', fix: 'look at the program counter in the context' },
  KZ1501: { exit: 6, what: 'the board offers no general pins', why: 'its firmware image does captures only', fix: 'kizashi flash PORT --image kz-uno-io' },
  KZ1502: { exit: 2, what: 'a pin or part cannot do what was asked', why: 'this board does not offer it', fix: 'see the table of pins in docs/guides/johnny-five.md' },
  KZ1503: { exit: 9, what: 'the sampling interval would falsify the current', why: 'it is a multiple of half a mains period: every sample falls on the same phase', fix: 'take 11, 13 or 19 ms' },
  KZ1504: { exit: 6, what: 'no Firmata board answers', why: 'the board runs another sketch, or the rate of the line is another', fix: 'kizashi detect PORT' },
  KZ1505: { exit: 6, what: 'the sensor on the Firmata board does not answer', why: 'wiring, address or supply', fix: 'check SDA, SCL, supply, and that CS is tied to the supply' },
  KZ1506: { exit: 9, what: 'the text of the board cannot be used', why: 'no line had numbers as the Serial Plotter reads them', fix: 'print one line a sample, for example ax:0.12,ay:-0.03' },
  KZ1401: { exit: 2, what: 'wrong use of a command', why: 'an argument or option is missing or not understood', fix: 'kizashi help' },
  KZ1402: { exit: 4, what: 'a word has no entry', why: 'it is no code, grade, status, reason or term of kizashi', fix: 'kizashi explain' },
  KZ1403: { exit: 2, what: 'a file cannot be read', why: 'it does not exist or may not be read', fix: 'give the path of a file that exists' },
  KZ1404: { exit: 2, what: 'the folder of the demo holds something else', why: 'a demo starts from nothing and would have to delete it', fix: 'kizashi demo --state ./another-folder' },
  KZ1405: { exit: 2, what: 'a file is no result of kizashi analyze', why: 'it is no JSON of the form kizashi/analyze/1', fix: 'kizashi analyze FILE --json > result.json' },
  KZ1406: { exit: 2, what: 'a file cannot be written', why: 'it exists already, or the folder may not be written', fix: 'name another folder: --out' },
  KZ1407: { exit: 5, what: 'a file of the system cannot be written', why: 'it belongs to root', fix: 'run the same command with sudo' },
  KZ1408: { exit: 2, what: 'a sensor cannot be wired so', why: 'the board has no such pin or bus, or the sensor speaks another', fix: 'kizashi wiring SENSOR BOARD' },
  KZ1409: { exit: 2, what: 'the report cannot be printed', why: 'a browser or a font is missing', fix: 'open the HTML file in a browser and print it' },
  KZ1411: { exit: 9, what: 'the tap test saw no tap', why: 'sensor, wiring or mounting does not pass a blow on', fix: 'kizashi wiring SENSOR BOARD; then setup again, or --skip-tap' },
  KZ1499: { exit: 70, what: 'a bug in kizashi', why: 'an error nobody expected', fix: 'report it with the crash file named above' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

export class KizashiError extends Error {
  readonly code: ErrorCode;
  /** Values of this occurrence, for `--json` and for tests. */
  readonly context: Record<string, unknown>;
  /** Measured reason and concrete fix, where they are better than the table's. */
  readonly why: string;
  readonly fix: string;

  constructor(
    code: ErrorCode,
    message: string,
    context: Record<string, unknown> = {},
    better: { why?: string; fix?: string; cause?: unknown } = {},
  ) {
    super(message, better.cause === undefined ? undefined : { cause: better.cause });
    this.name = 'KizashiError';
    this.code = code;
    this.context = context;
    this.why = better.why ?? errorTable[code].why;
    this.fix = better.fix ?? errorTable[code].fix;
  }

  /** Exit code of the command line for this error. */
  get exit(): number {
    return errorTable[this.code].exit;
  }
}
