//! A store in memory whose every answer a test may replace.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use colonies_client::{Interrupt, NoInterrupt};
use colonies_files::{Credentials, Error, Run, Settings, Storage};
use data_encoding::BASE64;
use md5::{Digest, Md5};

pub(crate) const SECRET: &str = "a-very-secret-key";
/// How large parts are in these tests.
pub(crate) const PART: usize = 64 * 1024;

/// A request as the store sees it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) query: HashMap<String, String>,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// What happens to a request instead of what should.
pub(crate) enum Mishap {
    /// An answer with this status and code.
    Refuse(u16, &'static str),
    /// An answer with these bytes.
    Raw(Vec<u8>),
    /// It is carried out, and this many bytes of the answer are sent.
    CutAfter(usize),
    /// Nothing, until the client goes away.
    Silence,
}

type Mishaps = Box<dyn Fn(&Asked, &Store) -> Option<Mishap> + Send + Sync>;

pub(crate) struct Store {
    address: SocketAddr,
    is_over: AtomicBool,
    content: Mutex<Content>,
    mishaps: Mishaps,
}

#[derive(Default)]
pub(crate) struct Content {
    pub(crate) buckets: BTreeSet<String>,
    pub(crate) objects: BTreeMap<String, Vec<u8>>,
    pub(crate) uploads: BTreeMap<String, BTreeMap<usize, Vec<u8>>>,
    pub(crate) asked: Vec<Asked>,
}

/// Ends the store with the test.
pub(crate) struct Running(Arc<Store>);

impl std::ops::Deref for Running {
    type Target = Store;
    fn deref(&self) -> &Store {
        &self.0
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.0.address)); // wakes the listener
    }
}

impl Store {
    pub(crate) fn start() -> Running {
        Self::with(|_, _| None)
    }

    pub(crate) fn with(mishaps: impl Fn(&Asked, &Self) -> Option<Mishap> + Send + Sync + 'static) -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let content = Content { buckets: BTreeSet::from(["data".to_owned()]), ..Content::default() };
        let store = Arc::new(Self {
            address: listener.local_addr().unwrap(),
            is_over: AtomicBool::default(),
            content: Mutex::new(content),
            mishaps: Box::new(mishaps),
        });
        let serving = Arc::clone(&store);
        thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if serving.is_over.load(Ordering::SeqCst) {
                    return;
                }
                let store = Arc::clone(&serving);
                // Clients that go away in the middle are part of many tests.
                thread::spawn(move || store.serve(stream));
            }
        });
        Running(store)
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings {
            credentials: Some(Credentials::new("access", SECRET, None)),
            parallel: 3,
            part_bytes: PART as u64,
            ..Settings::new(self.address.to_string(), "data")
        }
    }

    pub(crate) fn storage(&self) -> Storage {
        Storage::new(self.settings()).unwrap()
    }

    pub(crate) fn content<T>(&self, look: impl FnOnce(&mut Content) -> T) -> T {
        look(&mut self.content.lock().unwrap())
    }

    /// How many requests of this kind came.
    pub(crate) fn count(&self, wanted: impl Fn(&Asked) -> bool) -> usize {
        self.content(|content| content.asked.iter().filter(|asked| wanted(asked)).count())
    }

    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut stream = stream;
        while let Some(asked) = read(&mut reader)? {
            self.content(|content| content.asked.push(asked.clone()));
            let answer = match (self.mishaps)(&asked, self) {
                None => self.answer(&asked),
                Some(Mishap::Refuse(status, code)) => refusal(status, code),
                Some(Mishap::Raw(bytes)) => bytes,
                Some(Mishap::Silence) => {
                    while reader.read(&mut [0; 1024])? > 0 {}
                    return Ok(());
                }
                Some(Mishap::CutAfter(bytes)) => {
                    let answer = self.answer(&asked);
                    return stream.write_all(&answer[..bytes.min(answer.len())]);
                }
            };
            stream.write_all(&answer)?;
        }
        Ok(())
    }

    fn answer(&self, asked: &Asked) -> Vec<u8> {
        let mut content = self.content.lock().unwrap();
        if let Some(md5) = asked.headers.get("content-md5")
            && *md5 != BASE64.encode(&Md5::digest(&asked.body))
        {
            return refusal(400, "BadDigest");
        }
        if asked.method == "PUT" && asked.key.is_empty() {
            let is_new = content.buckets.insert(asked.bucket.clone());
            return if is_new { http(200, "", b"") } else { refusal(409, "BucketAlreadyOwnedByYou") };
        }
        if !content.buckets.contains(&asked.bucket) {
            return refusal(404, "NoSuchBucket");
        }
        let upload = asked.query.get("uploadId").cloned();
        match (asked.method.as_str(), upload) {
            ("POST", None) => {
                let id = format!("upload-{}", content.uploads.len());
                content.uploads.insert(id.clone(), BTreeMap::new());
                let body = format!("<r xmlns=\"x\"><Bucket>b</Bucket><UploadId>{id}</UploadId></r>");
                http(200, "", body.as_bytes())
            }
            (_, Some(id)) if !content.uploads.contains_key(&id) => refusal(404, "NoSuchUpload"),
            ("PUT", Some(id)) => {
                let number = asked.query["partNumber"].parse().unwrap();
                content.uploads.get_mut(&id).unwrap().insert(number, asked.body.clone());
                http(200, &format!("ETag: \"part-{number}\"\r\n"), b"")
            }
            ("POST", Some(id)) => {
                let parts = content.uploads.remove(&id).unwrap();
                content.objects.insert(asked.key.clone(), parts.into_values().flatten().collect());
                http(200, "", b"<CompleteMultipartUploadResult/>")
            }
            ("DELETE", Some(id)) => {
                content.uploads.remove(&id);
                http(204, "", b"")
            }
            ("PUT", None) => {
                content.objects.insert(asked.key.clone(), asked.body.clone());
                http(200, "", b"")
            }
            ("DELETE", None) => {
                content.objects.remove(&asked.key);
                http(204, "", b"")
            }
            _ => content
                .objects
                .get(&asked.key)
                .map_or_else(|| refusal(404, "NoSuchKey"), |object| get(asked, object)),
        }
    }
}

fn get(asked: &Asked, object: &[u8]) -> Vec<u8> {
    let etag =
        format!("\"{:x}\"", object.iter().fold(7_u64, |sum, byte| sum.wrapping_mul(31) + u64::from(*byte)));
    if asked.headers.get("if-match").is_some_and(|wanted| *wanted != etag) {
        return refusal(412, "PreconditionFailed");
    }
    let head = format!("ETag: {etag}\r\n");
    if asked.method == "HEAD" {
        return format!("HTTP/1.1 200 OK\r\n{head}Content-Length: {}\r\n\r\n", object.len()).into_bytes();
    }
    let Some(range) = asked.headers.get("range") else { return http(200, &head, object) };
    let (from, to) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
    let from: usize = from.parse().unwrap();
    let to = to.parse().map_or(object.len(), |to: usize| to + 1).min(object.len());
    if from >= object.len() {
        return refusal(416, "InvalidRange");
    }
    let head = format!("{head}Content-Range: bytes {from}-{}/{}\r\n", to - 1, object.len());
    http(206, &head, &object[from..to])
}

fn read(reader: &mut impl BufRead) -> io::Result<Option<Asked>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length: &String| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut path = path.trim_start_matches('/').splitn(2, '/');
    let query = query.split('&').filter_map(|pair| pair.split_once('='));
    Ok(Some(Asked {
        method,
        bucket: path.next().unwrap_or_default().to_owned(),
        key: path.next().unwrap_or_default().to_owned(),
        query: query.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        headers,
        body,
    }))
}

pub(crate) fn http(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut answer =
        format!("HTTP/1.1 {status} Whatever\r\n{headers}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    answer
}

pub(crate) fn refusal(status: u16, code: &str) -> Vec<u8> {
    let body = format!(
        "<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>says &lt;so&gt;</Message></Error>"
    );
    http(status, "", body.as_bytes())
}

/// Runs `work` without an interrupt hook.
pub(crate) fn run<T>(work: impl FnOnce(&Run<'_>) -> Result<T, Error>) -> Result<T, Error> {
    work(&Run { interrupt: &NoInterrupt, moved: &AtomicU64::new(0) })
}

/// Interrupts once it is set.
#[derive(Clone, Default)]
pub(crate) struct Switch(pub(crate) Arc<AtomicBool>);

impl Interrupt for Switch {
    fn interrupted(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Bytes that do not repeat themselves from part to part.
pub(crate) fn content_of(size: usize) -> Vec<u8> {
    (0..size).map(|place| u8::try_from((place * 7 + place / 251) % 256).unwrap()).collect()
}

/// A folder of the test's own.
pub(crate) struct Folder(pub(crate) std::path::PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("colonies-files-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self, name: &str, content: &[u8]) -> std::path::PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .0
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
