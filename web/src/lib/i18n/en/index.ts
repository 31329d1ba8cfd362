import { account } from './account';
import { activity } from './activity';
import { albums } from './albums';
import { contacts } from './contacts';
import { door } from './door';
import { home } from './home';
import { notices } from './notices';
import { photos } from './photos';
import { recovery } from './recovery';
import { search } from './search';
import { shell } from './shell';
import { spaces } from './spaces';
import { upload } from './upload';
import { words } from './words';

export default {
  account,
  activity,
  albums,
  contacts,
  door,
  home,
  notices,
  photos,
  recovery,
  search,
  shell,
  spaces,
  upload,
  words,
};
