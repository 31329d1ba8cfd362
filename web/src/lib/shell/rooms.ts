// The rooms of the app, in the order of the navigation.
import Activity from '@lucide/svelte/icons/activity';
import Archive from '@lucide/svelte/icons/archive';
import House from '@lucide/svelte/icons/house';
import Images from '@lucide/svelte/icons/images';
import FolderOpen from '@lucide/svelte/icons/folder-open';
import Link from '@lucide/svelte/icons/link';
import Search from '@lucide/svelte/icons/search';
import ShieldCheck from '@lucide/svelte/icons/shield-check';
import Smartphone from '@lucide/svelte/icons/smartphone';
import Trash from '@lucide/svelte/icons/trash-2';
import Upload from '@lucide/svelte/icons/upload';
import UserRound from '@lucide/svelte/icons/user-round';
import Users from '@lucide/svelte/icons/users';

export const rooms = {
  first: [
    { name: 'home', path: '/', icon: House },
    { name: 'photos', path: '/photos', icon: Images },
    { name: 'albums', path: '/albums', icon: FolderOpen },
    { name: 'search', path: '/search', icon: Search },
    { name: 'upload', path: '/upload', icon: Upload },
  ],
  second: [
    { name: 'safety', path: '/safety', icon: ShieldCheck },
    { name: 'spaces', path: '/spaces', icon: Users },
    { name: 'devices', path: '/devices', icon: Smartphone },
    { name: 'activity', path: '/activity', icon: Activity },
    { name: 'trash', path: '/trash', icon: Trash },
    { name: 'account', path: '/account', icon: UserRound },
  ],
  later: [
    { name: 'sharing', path: '/sharing', icon: Link },
    { name: 'retention', path: '/retention', icon: Archive },
  ],
} as const;

export type Room = (typeof rooms)[keyof typeof rooms][number];

export const isAt = (room: Room, path: string): boolean =>
  room.path === '/' ? path === '/' : path === room.path || path.startsWith(`${room.path}/`);
