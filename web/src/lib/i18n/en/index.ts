import { account } from './account';
import { activity } from './activity';
import { albums } from './albums';
import { door } from './door';
import { home } from './home';
import { photos } from './photos';
import { search } from './search';
import { shell } from './shell';
import { spaces } from './spaces';
import { upload } from './upload';
import { words } from './words';

export default { account, activity, albums, door, home, photos, search, shell, spaces, upload, words };
