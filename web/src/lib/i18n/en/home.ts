import { count } from './plural';

export const home = {
  title: 'Home',
  asking: 'Checking whether everything is safe…',
  unheard: 'The server did not report whether there are alerts. Open this page again in a moment.',
  stale: (when: string) => `Last checked ${when}. The server is not responding.`,
  staleText: 'This page shows what was known then. It checks again every minute.',
  rechecking: (when: string) => `Last checked ${when}. Checking again…`,
  safe: 'Everything is safe.',
  safeHere: 'What has arrived is safe, but not everything has arrived.',
  deviceWaits: (files: number, device: string) =>
    `${count(files, 'file', 'files')} still on ${device}. Open OurPhoto there and keep it on until they are uploaded.`,
  uploadsFailed: (n: number) =>
    `${count(n, 'upload', 'uploads')} from this browser failed. See why, and try again.`,
  uploadsLeft:
    'Files are still being uploaded from this browser. Keep this page open until they have arrived.',
  uploadsHeld: (n: number) =>
    `Choose a space for ${count(n, 'file', 'files')}. Nothing is uploaded until you do.`,
  uploadsUnsent: (n: number) =>
    `${count(n, 'file', 'files')} from your last upload ${n === 1 ? 'was' : 'were'} not uploaded. Choose the same files again.`,
  safeText: (copies: number, proved: string) =>
    `${count(copies, 'complete copy', 'complete copies')}, ${proved}.`,
  empty: 'No photos yet.',
  emptyText: 'Add your first photos, then add a second copy.',
  atRisk: (n: number) => (n === 1 ? 'One issue puts photos at risk.' : `${n} issues put photos at risk.`),
  partly: (n: number) =>
    n > 1
      ? `Your photos are safe, but ${n} things need attention.`
      : 'Your photos are safe, but one thing needs attention.',
  provedNever: 'not checked yet',
  provedAt: (when: string) => `every file checked, the oldest check ${when}`,
  forManagers: 'Managers of a space on this server see here how safe the photos are.',
  toDo: 'What to do',
  rule: '3-2-1',
  ruleText: 'Three copies, on two types of media, one of them off-site.',
  ruleCopies: (n: number) => `${count(n, 'copy', 'copies')} of 3`,
  ruleMedia: (n: number) => `${count(n, 'type of media', 'types of media')} of 2`,
  ruleOffsite: (n: number) => (n > 0 ? `${n} off-site` : 'none off-site'),
  ruleMet: 'met',
  ruleMissing: 'missing',
  copies: 'Copies',
  copyLibrary: 'This server',
  copyHolds: (objects: string, bytes: string) => `${objects} files, ${bytes}`,
  copyProved: (when: string) => `Every file checked, the oldest check ${when}`,
  copyUnproved: (n: number) => `${count(n, 'file', 'files')} not checked yet`,
  copyWaiting: (n: number) => `${count(n, 'file', 'files')} waiting to be copied`,
  copyDamaged: (n: number) => `${count(n, 'file', 'files')} damaged`,
  copyMissing: (n: number) => `${count(n, 'file', 'files')} missing`,
  copyGood: 'Good',
  copyNextSlot: 'Room for another copy',
  copyAdd: 'How to add one',
  jobsWaiting: (n: number) => `${count(n, 'background task', 'background tasks')} still to run`,
  jobsFailed: (n: number) => `${count(n, 'background task', 'background tasks')} failed: review and retry`,
  unfinished: 'Unfinished',
  unfinishedUnsent: (n: number) =>
    `${count(n, 'file', 'files')} from your last upload ${n === 1 ? 'was' : 'were'} not uploaded`,
  unfinishedFailed: (n: number) => `${count(n, 'upload', 'uploads')} failed: see why, and try again`,
  unfinishedHeld: (n: number) => `Choose a space for ${count(n, 'file', 'files')}`,
  unfinishedUploads: (n: number) => `${count(n, 'upload', 'uploads')} interrupted: resume or discard`,
  unfinishedDevices: (files: number, devices: number) =>
    `${count(files, 'file', 'files')} still on ${count(devices, 'device', 'devices')}`,
  recent: 'Latest photos',
  recentAll: 'All photos',
  recentActivity: 'Recent activity',
  activityAll: 'All activity',
  noActivity: 'No activity yet.',
  firstSteps: 'First steps',
  steps: {
    upload: 'Add photos',
    uploadText: 'Drop a folder anywhere on this page, or choose files.',
    copy: 'Add a second copy',
    copyText: 'One disk is not a backup. Safety shows the command to run on the server.',
    second: 'Protect your account',
    secondText: 'Add an authenticator app, so that a stolen password is not enough to sign in.',
  },
};
