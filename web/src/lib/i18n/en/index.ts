import { account } from './account';
import { activity } from './activity';
import { albums } from './albums';
import { contacts } from './contacts';
import { dates } from './dates';
import { devices } from './devices';
import { door } from './door';
import { home } from './home';
import { notices } from './notices';
import { photos } from './photos';
import { recovery } from './recovery';
import { safety } from './safety';
import { search } from './search';
import { server } from './server';
import { shell } from './shell';
import { spaces } from './spaces';
import { upload } from './upload';
import { words } from './words';
import { work } from './work';

export default {
  account,
  activity,
  albums,
  contacts,
  dates,
  devices,
  door,
  home,
  notices,
  photos,
  recovery,
  safety,
  search,
  server,
  shell,
  spaces,
  upload,
  words,
  work,
};
