import { count } from './plural';

export const work = {
  title: 'Background tasks',
  text: 'What the server does automatically: creating previews, reading metadata and sending messages.',
  running: 'Running',
  due: 'Waiting',
  later: 'Scheduled',
  failed: 'Failed',
  givenUp: 'Failed',
  none: 'No failed tasks. When a task fails, it is retried automatically, with growing pauses, before it is listed here.',
  kinds: { media: 'Preview of' } as Record<string, string>,
  tries: (n: number, when: string) => `${count(n, 'attempt', 'attempts')}, failed ${when}`,
  againOne: (name: string) => `Try again: ${name}`,
  againAll: 'Try all again',
  begun: (n: number) => `Retrying ${count(n, 'task', 'tasks')}`,
  elsewhere: (n: number) =>
    `${count(n, 'other task', 'other tasks')} failed that you do not manage, such as messages or photos of other spaces.`,
  forManagers: 'Background tasks are shown only to managers of a space.',
  link: 'Background tasks',
};
