//! XML replies of stores, read by the local names of elements: stores differ in namespaces and in further
//! elements.

use colonies_client::{Answer, Fault};
use xmlparser::{ElementEnd, Token, Tokenizer};

use crate::error::{Error, Refusal};

/// The longest answer that is read as text.
const LONGEST: u64 = 1 << 20;

/// The text of the first element of this name.
pub(crate) fn text_of(xml: &str, name: &str) -> Option<String> {
    let mut inside = false;
    let mut found = String::new();
    for token in Tokenizer::from(xml) {
        match token.ok()? {
            Token::ElementStart { local, .. } => inside = local.as_str() == name,
            Token::Text { text } if inside => found.push_str(text.as_str()),
            Token::Cdata { text, .. } if inside => found.push_str(text.as_str()),
            Token::ElementEnd { end: ElementEnd::Close(..) | ElementEnd::Empty, .. } if inside => {
                return Some(unescape(found.trim()));
            }
            _ => {}
        }
    }
    None
}

/// The name of the outermost element.
pub(crate) fn root(xml: &str) -> Option<&str> {
    Tokenizer::from(xml).find_map(|token| match token {
        Ok(Token::ElementStart { local, .. }) => Some(local.as_str()),
        _ => None,
    })
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

/// The body of an answer as text.
pub(crate) fn text(answer: &mut Answer<'_>) -> Result<String, Fault> {
    Ok(String::from_utf8_lossy(&answer.read_all(LONGEST)?).into_owned())
}

/// What a refusal says, with the seconds that the store's clock is ahead of ours.
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) seconds_ahead: Option<i64>,
    /// Whether the request was about an object, for answers that have no body.
    pub(crate) of_object: bool,
}

/// More than this apart, and stores take no signature.
const SKEW: i64 = 14 * 60;

impl Said {
    pub(crate) fn into_error(self, task: String, address: String) -> Error {
        let status = self.status;
        let code = text_of(&self.body, "Code").filter(|code| !code.is_empty());
        let message = text_of(&self.body, "Message").unwrap_or_default();
        let is_skewed = status == 403 && self.seconds_ahead.is_some_and(|seconds| seconds.abs() > SKEW);
        let refusal = match code.as_deref() {
            _ if is_skewed => Refusal::ClockSkew,
            Some(code) => by_code(code, status),
            None => self.by_status(),
        };
        let code = code.unwrap_or_else(|| "without a code".into());
        Error::Refused { task, address, refusal, code, status, message }
    }

    fn by_status(&self) -> Refusal {
        match self.status {
            301 | 307 => Refusal::WrongRegion,
            401 | 403 => Refusal::Denied,
            404 if self.of_object => Refusal::NoSuchKey,
            404 => Refusal::NoSuchBucket,
            412 => Refusal::Replaced,
            429 | 500 | 502..=504 => Refusal::Unavailable,
            _ => Refusal::Other,
        }
    }
}

fn by_code(code: &str, status: u16) -> Refusal {
    match code {
        "NoSuchKey" => Refusal::NoSuchKey,
        "NoSuchBucket" => Refusal::NoSuchBucket,
        "AccessDenied" | "AllAccessDisabled" | "AccountProblem" | "InvalidToken" | "ExpiredToken" => {
            Refusal::Denied
        }
        "InvalidAccessKeyId" => Refusal::UnknownAccessKey,
        "SignatureDoesNotMatch" => Refusal::WrongSignature,
        "RequestTimeTooSkewed" => Refusal::ClockSkew,
        "PermanentRedirect"
        | "TemporaryRedirect"
        | "AuthorizationHeaderMalformed"
        | "AuthorizationQueryParametersError"
        | "IllegalLocationConstraintException" => Refusal::WrongRegion,
        "PreconditionFailed" => Refusal::Replaced,
        "SlowDown"
        | "RequestTimeout"
        | "InternalError"
        | "ServiceUnavailable"
        | "OperationAborted"
        | "XMinioServerNotInitialized" => Refusal::Unavailable,
        _ if matches!(status, 429 | 500 | 502..=504) => Refusal::Unavailable,
        _ => Refusal::Other,
    }
}

/// How many seconds the clock behind this HTTP date is ahead of ours.
pub(crate) fn seconds_ahead(date: &str) -> Option<i64> {
    let theirs = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date).ok()?;
    Some(theirs.as_second() - jiff::Timestamp::now().as_second())
}
