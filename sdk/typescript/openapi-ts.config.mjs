export default {
  // Node and tsc want the extension; bundlers take it. With --output the rest of this member would not count.
  output: { path: process.env.GENERATED, module: { extension: '.js' } },
  plugins: [
    // The document may name no host: where the service is, the client says.
    { name: '@hey-api/client-fetch', baseUrl: false },
    '@hey-api/typescript',
    '@hey-api/sdk',
  ],
};
