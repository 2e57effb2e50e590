// The real npm `oidc-provider` as the hospital's identity centre, for the tests.
//
//   node provider.mjs --port 9000 --issuer http://sso.hospital.localhost:9000 \
//     --client '{"client_id":"portal-widgets","client_secret":"…","redirect_uris":["…"], …}' \
//     --people '[{"sub":"u-1","name":"沈知远","employee_no":"10086"}]'
//
// `--client` may be given several times. Prints `ready` once it listens on 127.0.0.1.
// The library builds its addresses from the Host header: callers send the issuer's host to 127.0.0.1.

import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { Provider } from 'oidc-provider';

const { values: given } = parseArgs({
  options: {
    port: { type: 'string' },
    issuer: { type: 'string' },
    client: { type: 'string', multiple: true },
    people: { type: 'string' },
  },
});
const people = JSON.parse(given.people);
const clients = given.client.map((text) => ({
  post_logout_redirect_uris: [],
  backchannel_logout_session_required: true,
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  ...JSON.parse(text),
}));

const escaped = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const page = (title, body) =>
  `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>${title}</title>${body}</html>`;

const provider = new Provider(given.issuer, {
  clients,
  pkce: { required: () => true },
  scopes: ['openid', 'profile', 'offline_access'],
  claims: {
    openid: ['sub', 'sid', 'auth_time'],
    profile: ['name', 'employee_no', 'campuses', 'roles'],
  },
  // The people's claims belong into the ID token, as most centres in hospitals send them.
  conformIdTokenClaims: false,
  rotateRefreshToken: true,
  issueRefreshToken: async (_, client) => client.grantTypeAllowed('refresh_token'),
  cookies: { keys: ['not a secret: these people do not exist'] },
  // The built-in dispatcher refuses loopback addresses, where the back-channel logout of a test goes.
  fetch: (address, { dispatcher, ...options }) => atLoopback(address, options),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true, logoutSource: askedToLeave, postLogoutSuccessSource: gone },
  },
  findAccount: (_, id) => {
    const person = people.find((each) => each.sub === id);
    return person && { accountId: id, claims: () => person };
  },
});

// `*.localhost` is this machine (RFC 6761 §6.3), whatever its resolver says.
async function atLoopback(address, options) {
  const url = new URL(address);
  if (url.hostname.endsWith('.localhost')) url.hostname = '127.0.0.1';
  return fetch(url, options);
}

function askedToLeave(ctx, form) {
  ctx.body = page('退出', `${form}<button form="op.logoutForm" name="logout" value="yes" autofocus>退出</button>
    <script>document.forms[0].append(Object.assign(document.createElement('input'),
    { type: 'hidden', name: 'logout', value: 'yes' })); document.forms[0].submit()</script>`);
}

function gone(ctx) {
  ctx.body = page('已退出', '<p>已退出</p>');
}

async function grantFor(details, accountId) {
  const grant = (details.grantId && (await provider.Grant.find(details.grantId))) ||
    new provider.Grant({ accountId, clientId: details.params.client_id });
  grant.addOIDCScope(details.params.scope);
  return grant.save();
}

async function interaction(request, response) {
  const details = await provider.interactionDetails(request, response);
  const accountId = request.method === 'POST'
    ? new URLSearchParams(await body(request)).get('sub')
    : details.prompt.name === 'consent' && details.session?.accountId;
  if (accountId) {
    const login = details.prompt.name === 'login' ? { login: { accountId } } : {};
    const consent = { consent: { grantId: await grantFor(details, accountId) } };
    await provider.interactionFinished(request, response, { ...login, ...consent });
    return;
  }
  const buttons = people.map(({ sub, name }) =>
    `<button name="sub" value="${escaped(sub)}">${escaped(name)}</button>`);
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.setHeader('X-Frame-Options', 'DENY');
  response.end(page('登录', `<form method="post">${buttons.join(' ')}</form>`));
}

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

const answer = provider.callback();
createServer((request, response) => {
  if (!request.url.startsWith('/interaction/')) return answer(request, response);
  return interaction(request, response).catch((error) => {
    response.statusCode = 400;
    response.end(page('无效', escaped(error.message)));
  });
}).listen(Number(given.port), '127.0.0.1', () => console.log('ready'));

for (const event of ['server_error', 'backchannel.error']) {
  provider.on(event, (...told) => console.error(event, ...told.filter((each) => each instanceof Error)));
}
