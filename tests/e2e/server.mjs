// The built page as a stranger would host it: below a sub-path, beside a plain page that may embed it.

import { serve } from "../../scripts/serve.mjs";

export const MOUNT = "/some/sub/path/";

/** Serves dist/ below MOUNT, with `pages` (path to HTML) beside it. */
export const serveBuilt = (pages = {}, options = {}) => serve({ mount: MOUNT, pages, ...options });
