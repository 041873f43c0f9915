// Node and tsc want the extension; bundlers take it.
export default {
  output: { module: { extension: '.js' } },
  plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
};
