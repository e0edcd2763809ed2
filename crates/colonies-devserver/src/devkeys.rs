//! The well-known keys of a Colonies development server. They are public, so they protect nothing.

/// Private key of the server owner.
pub const SERVER_PRVKEY: &str = "fcc79953d8a751bf41db661592dc34d30004b1a651ffa0725b03ac227641499d";
/// Identity of the server owner.
pub const SERVER_ID: &str = "039231c7644e04b6895471dd5335cf332681c54e27f81fac54f9067b3f2c0103";

/// Name of the development colony.
pub const COLONY_NAME: &str = "dev";
/// Private key of its owner.
pub const COLONY_PRVKEY: &str = "ba949fa134981372d6da62b6a56f336ab4d843b22c02a4257dcf7d0d73097514";
/// Identity of its owner.
pub const COLONY_ID: &str = "4787a5071856a4acf702b2ffcea422e3237a679c681314113d86139461290cf4";

/// Name of the development executor.
pub const EXECUTOR_NAME: &str = "dev-executor";
/// Type of the development executor.
pub const EXECUTOR_TYPE: &str = "cli";
/// Private key of the development executor.
pub const EXECUTOR_PRVKEY: &str = "ddf7f7791208083b6a9ed975a72684f6406a269cfa36f1b1c32045c0a71fff05";
/// Identity of the development executor.
pub const EXECUTOR_ID: &str = "3fc05cf3df4b494e95d6a3d297a34f19938f7daa7422ab0d4f794454133341ac";

/// Name of the development user, whose key and identity are those of the executor.
pub const USER_NAME: &str = "dev-user";

/// Name of the key to the S3 endpoint.
pub const S3_ACCESS_KEY: &str = "colonies-dev";
/// What requests to the S3 endpoint are signed with.
pub const S3_SECRET_KEY: &str = "colonies-dev-secret";
/// The initial bucket.
pub const S3_BUCKET: &str = "colonies-dev";
/// The region that the S3 endpoint reports; it accepts any.
pub const S3_REGION: &str = "us-east-1";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use colonies_crypto::PrivateKey;

    #[test]
    fn each_identity_is_that_of_its_key() {
        for (key, id) in [
            (super::SERVER_PRVKEY, super::SERVER_ID),
            (super::COLONY_PRVKEY, super::COLONY_ID),
            (super::EXECUTOR_PRVKEY, super::EXECUTOR_ID),
        ] {
            assert_eq!(PrivateKey::from_hex(key).unwrap().identity(), id);
        }
    }
}
