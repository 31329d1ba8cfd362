export const recovery = {
  lost: 'Can’t sign in?',
  title: 'Recover your account',
  text: 'Use this if you lost your password or your second verification step and have no recovery codes left.',
  contactsWay: 'With your trusted contacts',
  contactsSteps: [
    'You get four words. Tell them to your contacts on a call or in person.',
    'Your contacts sign in and enter the words. When enough have done so, the waiting period that you chose begins.',
    'During the wait, anyone still signed in as you can stop it. After that, you choose a new password.',
  ],
  begin: 'Request recovery',
  remember: 'Remember this in this browser.',
  rememberHint: 'Only on your own device: in the end, it gives your account to whoever uses it.',
  for: (email: string) => `For ${email}, if that account exists here.`,
  phrase: 'The words for your contacts',
  phraseText:
    'Call them or meet them: they should recognize your voice, not just hear the words. They enter the words under Account, Trusted contacts.',
  address: 'Link back to this page',
  addressText:
    'Keep it where no one else can read it until you are signed in: in the end, it gives your account to whoever opens it.',
  progress: 'Progress',
  vouchedNone:
    'Your contacts vouch for you. You will see how many are needed once the first one has vouched.',
  vouchedOf: (n: number, of: number) => `${n} of ${of} contacts have vouched`,
  waits: 'The waiting period that you chose passes',
  readyAt: (time: string, when: string) => `The waiting period ends on ${time} (${when})`,
  choose: 'You choose a new password',
  expires: (when: string) => `If it is not completed, this recovery expires on ${when}.`,
  look: 'Check again',
  forget: 'Leave this recovery',
  leaveTitle: 'Leave this recovery?',
  leaveText:
    'The recovery continues, but this browser forgets it. You can come back only with the link. Without it, you have to start over.',
  again: 'Start over',
  ended:
    'This recovery has ended: it was completed, stopped by someone signed in to the account, or it expired. If you did not stop it, talk to your contacts before you try again.',
  finishText:
    'The waiting period is over. Setting a new password signs out everything else and removes two-step verification. Turn it on again once you are signed in.',
  finish: 'Set password',
  finished: 'You have your account back. Sign in with the new password.',
  back: 'Back to sign-in',
  kitWay: 'Use your recovery kit (immediate)',
  kitText:
    'With the printed recovery kit of this server, you need no contacts and no waiting period. The key stays on the machine where you run the command. Never type it into a web page.',
  kitSteps: [
    'On a machine with the ourphoto program, scan or type the line that begins with AGE-SECRET-KEY-1 into a file named kit.txt.',
    'Run this command and type a new password of at least 12 characters. It is not shown while you type.',
    'Sign in here with the new password and delete kit.txt.',
  ],
  kitCommand: 'Command',
  kitAfter: 'All sessions are signed out and two-step verification is removed.',
  banner: 'Someone is asking to recover your account.',
  bannerAsking: 'Your trusted contacts have been asked to vouch. If this isn’t you, stop it.',
  bannerWaiting: (when: string) =>
    `Enough contacts have vouched: the account can be taken over ${when}. If this isn’t you, stop it now.`,
  bannerReady:
    'The waiting period is over: the account can be taken over at any moment. If this isn’t you, stop it now.',
  bannerVouch: (who: string) =>
    `${who} is asking to recover their account, and you are their trusted contact.`,
  bannerVouchGo: 'See what to do',
  askedFrom: (device: string, network: string) => `${device}, from ${network}`,
  veto: 'This isn’t me: stop it',
  vetoTitle: 'Stop this recovery?',
  vetoText:
    'It ends for good and your contacts are notified. If the request was genuine, it can be made again.',
  vetoed: 'Recovery stopped. No one gets your account through it.',
};
