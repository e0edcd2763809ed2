//! The client of one bucket: signed S3 requests with retries.

use std::time::Duration;

use colonies_client::http_types::{HeaderName, HeaderValue, Method, Request, header};
use colonies_client::{Answer, Fault, Http, HttpRequest, Payload, TimeLimit};
use rusty_s3::{Bucket, S3Action, UrlStyle};

use crate::error::{Error, Refusal};
use crate::reply::{self, Said};
use crate::retries::Retries;
use crate::run::Run;
use crate::settings::{Credentials, Settings, check_key};

/// How long a signature is good for. It is made for one request that is sent at once; the rest is for clocks
/// that differ.
const VALID: Duration = Duration::from_secs(15 * 60);

/// A bucket of an S3 store.
///
/// Serves any number of threads over pooled connections, and may be used after `fork`.
#[derive(Debug)]
pub struct Storage {
    http: Http,
    pub(crate) bucket: Bucket,
    credentials: Option<Credentials>,
    is_plain: bool,
    pub(crate) settings: Settings,
}

/// What the store holds under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// In bytes.
    pub size: u64,
    /// Of the content.
    pub sha256: [u8; 32],
}

/// Words, headers and payload of one request.
pub(crate) struct Wish<'a> {
    /// What it is for, as in "cannot ...".
    pub(crate) task: &'a dyn Fn() -> String,
    pub(crate) headers: &'a [(HeaderName, String)],
    pub(crate) payload: Payload<'a>,
    pub(crate) of_object: bool,
}

impl Storage {
    /// A store with these settings. Opens no connection.
    ///
    /// # Errors
    /// [`Error::Settings`].
    pub fn new(settings: Settings) -> Result<Self, Error> {
        settings.check()?;
        let (host, port, tls) = settings.place()?;
        let is_plain = tls == colonies_client::Tls::Off;
        let refuse = |what: String| Error::Settings { what };
        let http = Http::new(&colonies_client::Settings {
            connect_timeout: settings.connect_timeout,
            timeout: settings.timeout,
            proxy: settings.proxy.clone(),
            idle_connections: settings.parallel.max(16),
            ..colonies_client::Settings::new(host, port, tls)
        })
        .map_err(|fault| refuse(format!("the S3 store: {fault}")))?;
        let origin = http.origin().parse().map_err(|fault| refuse(format!("{}: {fault}", http.origin())))?;
        let bucket = Bucket::new(origin, UrlStyle::Path, settings.bucket.clone(), settings.region.clone())
            .map_err(|fault| refuse(format!("bucket {}: {fault}", settings.bucket)))?;
        let credentials = settings.credentials.clone();
        Ok(Self { http, bucket, credentials, is_plain, settings })
    }

    /// The size of an object in bytes.
    ///
    /// # Errors
    /// [`Error::Refused`] with [`Refusal::NoSuchKey`] where there is none.
    pub fn head(&self, key: &str, run: &Run<'_>) -> Result<u64, Error> {
        check_key(key)?;
        let task = || format!("look at object {key} in bucket {}", self.settings.bucket);
        let wish = Wish { task: &task, headers: &[], payload: Payload::None, of_object: true };
        self.request(
            |keys| self.bucket.head_object(keys, key),
            &wish,
            run,
            |answer| {
                let length =
                    answer.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
                length
                    .and_then(|length| length.parse().ok())
                    .ok_or_else(|| self.nonsense(task(), "it names no length"))
            },
        )
    }

    /// Removes an object. Whether it existed is unknown: stores do not report it.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Unreachable`].
    pub fn delete(&self, key: &str, run: &Run<'_>) -> Result<(), Error> {
        check_key(key)?;
        let task = || format!("delete object {key} from bucket {}", self.settings.bucket);
        let wish = Wish { task: &task, headers: &[], payload: Payload::None, of_object: true };
        match self.request(|keys| self.bucket.delete_object(keys, key), &wish, run, |_| Ok(())) {
            Err(fault) if fault.is_refusal(Refusal::NoSuchKey) => Ok(()),
            result => result,
        }
    }

    /// Creates the bucket, as the tools of Colonies do when they store the first file.
    pub(crate) fn create_bucket(&self, run: &Run<'_>) -> Result<(), Error> {
        let Some(Credentials(keys)) = &self.credentials else {
            return Err(Error::Settings {
                what: format!(
                    "bucket {} does not exist, and only an access key may create it",
                    self.settings.bucket
                ),
            });
        };
        let body = self.bucket.create_bucket(keys).body();
        let task = || format!("create bucket {}, which does not exist", self.settings.bucket);
        let wish =
            Wish { task: &task, headers: &[], payload: Payload::Bytes(body.as_bytes()), of_object: false };
        match self.request(|_| self.bucket.create_bucket(keys), &wish, run, |_| Ok(())) {
            // Another client created it first.
            Err(Error::Refused { code, .. })
                if matches!(code.as_str(), "BucketAlreadyOwnedByYou" | "BucketAlreadyExists") =>
            {
                Ok(())
            }
            result => result,
        }
    }

    /// Content is not part of these signatures, so without TLS a signed checksum ties an object's URL to it.
    pub(crate) fn wants_checksums(&self) -> bool {
        self.is_plain
    }

    /// Makes a request until it succeeds, or trying is of no use, and has the answer read.
    pub(crate) fn request<'a, A: S3Action<'a>, T>(
        &'a self,
        action: impl Fn(Option<&'a rusty_s3::Credentials>) -> A,
        wish: &Wish<'_>,
        run: &Run<'_>,
        mut read: impl FnMut(&mut Answer<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut retries = Retries::default();
        let time_limit = self.time_limit();
        loop {
            match self.once(time_limit, &action, wish, run, &mut read) {
                Ok(done) => return Ok(done),
                Err(fault) => retries.pause(fault, run)?,
            }
        }
    }

    /// Makes a request once.
    pub(crate) fn once<'a, A: S3Action<'a>, T>(
        &'a self,
        time_limit: TimeLimit,
        action: impl Fn(Option<&'a rusty_s3::Credentials>) -> A,
        wish: &Wish<'_>,
        run: &Run<'_>,
        read: impl FnOnce(&mut Answer<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let head = sign(action(self.credentials.as_ref().map(|keys| &keys.0)), wish.headers)?;
        let request = HttpRequest { head, payload: wish.payload, is_repeatable: true };
        let result = self.http.request(&request, time_limit, run.interrupt, |mut answer| {
            if answer.status.is_success() {
                return read(&mut answer).map_err(Failed::Meant);
            }
            let body = reply::text(&mut answer)?;
            let date = answer.headers.get(header::DATE).and_then(|date| date.to_str().ok());
            let (status, of_object) = (answer.status.as_u16(), wish.of_object);
            let said = Said { status, body, seconds_ahead: date.and_then(reply::seconds_ahead), of_object };
            Err(Failed::Meant(said.into_error((wish.task)(), self.address())))
        });
        result.map_err(|failed| match failed {
            Failed::Meant(fault) => fault,
            Failed::OnTheWay(fault) => self.unreachable((wish.task)(), fault),
        })
    }

    pub(crate) fn time_limit(&self) -> TimeLimit {
        TimeLimit::Silence(self.settings.timeout)
    }

    fn address(&self) -> String {
        self.http.address().to_owned()
    }

    /// An answer of success that is a refusal anyway.
    pub(crate) fn refused(&self, task: String, status: u16, body: String) -> Error {
        Said { status, body, seconds_ahead: None, of_object: false }.into_error(task, self.address())
    }

    /// An answer without a required element.
    pub(crate) fn nonsense(&self, task: String, what: &str) -> Error {
        let fault = Fault::Protocol { status: None, what: what.to_owned(), excerpt: String::new() };
        self.unreachable(task, fault)
    }

    pub(crate) fn unreachable(&self, task: String, fault: Fault) -> Error {
        match fault {
            Fault::Interrupted { .. } => Error::Interrupted,
            fault => Error::Unreachable { task, address: self.address(), fault },
        }
    }
}

fn sign<'a, A: S3Action<'a>>(mut action: A, headers: &[(HeaderName, String)]) -> Result<Request<()>, Error> {
    let refuse = |what: String| Error::Settings { what };
    for (name, value) in headers.iter().filter(|(name, _)| is_signed(name)) {
        action.headers_mut().insert(name.as_str().to_owned(), value.clone());
    }
    let method = match A::METHOD {
        rusty_s3::Method::Head => Method::HEAD,
        rusty_s3::Method::Get => Method::GET,
        rusty_s3::Method::Post => Method::POST,
        rusty_s3::Method::Put => Method::PUT,
        rusty_s3::Method::Delete => Method::DELETE,
    };
    let mut request = Request::new(());
    *request.method_mut() = method;
    *request.uri_mut() = action
        .sign(VALID)
        .as_str()
        .parse()
        .map_err(|fault| refuse(format!("no URL can be made: {fault}")))?;
    for (name, value) in headers {
        let value = HeaderValue::from_str(value).map_err(|fault| refuse(format!("{name}: {fault}")))?;
        request.headers_mut().insert(name.clone(), value);
    }
    Ok(request)
}

/// Changes of conditions and ranges on the way are harmless: the content is verified.
fn is_signed(name: &HeaderName) -> bool {
    name.as_str() == "content-md5"
}

/// A failure on the way to the end of an answer, or what the answer means.
enum Failed {
    OnTheWay(Fault),
    Meant(Error),
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Self::OnTheWay(fault)
    }
}
