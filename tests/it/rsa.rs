//! Keys of the RSA family, which most issuers have, and what is forged with their public halves.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding,
};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

use crate::gateway::{TestGateway, run};
use crate::issuer::{Key, TestIssuer, encode};

const ME: &str = "{ me { role } }";

/// The public half, for one algorithm.
fn public(pair: &KeyPair, algorithm: &str) -> Value {
    let key = pair.public_key();
    let n = encode(key.modulus().big_endian_without_leading_zero());
    let e = encode(key.exponent().big_endian_without_leading_zero());
    json!({ "kty": "RSA", "use": "sig", "alg": algorithm, "kid": "rsa", "n": n, "e": e })
}

fn message(algorithm: &str, claims: &Value) -> String {
    let header = json!({ "alg": algorithm, "typ": "at+jwt", "kid": "rsa" });
    format!("{}.{}", encode(header.to_string()), encode(claims.to_string()))
}

fn sign(pair: &KeyPair, how: &'static dyn RsaEncoding, named: &str, claims: &Value) -> String {
    let text = message(named, claims);
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(how, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    format!("{text}.{}", encode(signature))
}

/// A MAC whose secret is something that everybody knows.
fn mac(secret: &[u8], claims: &Value) -> String {
    let text = message("HS256", claims);
    let key = EncodingKey::from_secret(secret);
    let mac = crypto::sign(text.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{text}.{mac}")
}

#[test]
fn a_key_signs_with_its_own_algorithm_and_its_public_half_signs_nothing() {
    run(async {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let issuer = TestIssuer::start(&[]).await;
        issuer.publish_raw(vec![public(&pair, "RS256")]);
        let url = issuer.url().to_owned();
        let builder = TestGateway::builder().patients(1).at_once();
        let gateway = builder.shape(|shape| shape.issuer = Some(url)).start().await;
        let claims = issuer.claims();
        let status = async |token: String| gateway.ask_with(&token, ME, Value::Null).await.status;
        assert_eq!(status(sign(&pair, &RSA_PKCS1_SHA256, "RS256", &claims)).await, 200);
        let der = pair.public_key().as_ref().to_vec();
        let body = BASE64_STANDARD.encode(&der);
        let lines: Vec<&str> =
            (0..body.len()).step_by(64).map(|at| &body[at..body.len().min(at + 64)]).collect();
        let pem = format!(
            "-----BEGIN RSA PUBLIC KEY-----\n{}\n-----END RSA PUBLIC KEY-----\n",
            lines.join("\n")
        );
        let elliptic = Key::new("rsa");
        let forged = [
            ("the PEM of the key as a secret", mac(pem.as_bytes(), &claims)),
            ("its DER as a secret", mac(&der, &claims)),
            ("its JWK as a secret", mac(public(&pair, "RS256").to_string().as_bytes(), &claims)),
            ("another hash, said so", sign(&pair, &RSA_PKCS1_SHA512, "RS512", &claims)),
            ("another hash, not said", sign(&pair, &RSA_PKCS1_SHA512, "RS256", &claims)),
            ("another padding, said so", sign(&pair, &RSA_PSS_SHA256, "PS256", &claims)),
            ("another padding, not said", sign(&pair, &RSA_PSS_SHA256, "RS256", &claims)),
            (
                "a key of another family",
                elliptic.sign(&elliptic.header().to_string(), &claims.to_string()),
            ),
        ];
        for (what, token) in forged {
            assert_eq!(status(token).await, 401, "{what}");
        }
        gateway.stop().await;
    });
}
