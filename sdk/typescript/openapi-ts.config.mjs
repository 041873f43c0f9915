// Node and tsc want the extension; bundlers take it.
export default {
  output: { module: { extension: '.js' } },
  plugins: [
    // The document may name no host: where the service is, the client says.
    { name: '@hey-api/client-fetch', baseUrl: false },
    '@hey-api/typescript',
    '@hey-api/sdk',
  ],
};
