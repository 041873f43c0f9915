/** The service itself. */

import { answer, answerNothing } from '../answers.js';

export function systemRoutes({ store, cache }) {
  return {
    clear_cache(request, response) {
      cache.clear();
      answerNothing(response);
    },

    /** Tell whether the service can work; limiter and cache are in its own memory. */
    get_health(request, response) {
      store.check();
      answer(request, response, 200, {
        status: 'ok',
        components: { database: 'ok', limiter: 'ok', cache: 'ok' },
      });
    },

    get_liveness(request, response) {
      answer(request, response, 200, { status: 'ok' });
    },
  };
}
