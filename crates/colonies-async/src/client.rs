//! The client: starts calls on the event loop and delivers their results to a mailbox.

use std::io;
use std::sync::Arc;

use colonies_client::http_types::header::{
    CONTENT_TYPE, HeaderValue, PROXY_AUTHORIZATION, USER_AGENT as NAME,
};
use colonies_client::http_types::{Method, Request, Uri};
use colonies_client::rules::{Attempt, Failure, Fault, Limit, USER_AGENT, judge};
use colonies_client::shared::{Proxy, Signatures, open_reply, tls_config};
use colonies_client::{Error, Settings};
use colonies_proto::msgtype::{is_held, only_reads};
use colonies_proto::{seal_unsigned, seal_with};
use tokio::sync::Semaphore;
use tokio::task;

use crate::call::{Call, Report};
use crate::dial::{Purpose, late, within};
use crate::engine::Engine;
use crate::http1::{Answer, Failed, Outgoing};
use crate::mailbox::{Mailbox, Outcome};
use crate::pool::{Pool, Pools};
use crate::subscription::Subscription;

/// Messages and replies above this many bytes are sealed and read by a helper thread.
const LARGE: usize = 256 * 1024;
/// Messages up to this many bytes are sealed and sent by the caller itself where no other call is in flight.
const SMALL: usize = 8 * 1024;

/// A Colonies server to make calls to, by any number of callers.
///
/// It may be used after `fork`, in the parent and in the child.
#[derive(Debug)]
pub struct Client {
    pools: Pools,
    head: Request<()>,
    origin: Option<String>,
    address: String,
    settings: Settings,
    signatures: Signatures,
}

impl Client {
    /// A client with these settings, of which at most `concurrency` calls are in flight, apart from calls that the
    /// server holds until something happens. Opens no connection.
    ///
    /// # Errors
    /// [`Error::Settings`] where no call could succeed.
    pub fn new(settings: Settings, concurrency: usize) -> Result<Arc<Self>, Error> {
        let endpoint = settings.endpoint()?;
        let tls = tls_config(&settings.tls)?;
        let proxy = settings.proxy.as_deref().map(Proxy::parse).transpose()?;
        if concurrency == 0 || concurrency > Semaphore::MAX_PERMITS {
            return Err(Error::Settings {
                what: format!("the number of calls in flight must be 1 or more, got {concurrency}"),
            });
        }
        let address = endpoint.address.clone();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let reads = proxy.as_ref().filter(|_| tls.is_none());
        let head = head(&format!("{scheme}://{address}/api"), reads)?;
        let origin = reads.map(|_| format!("http://{address}"));
        Ok(Arc::new(Self {
            pools: Pools::new(settings.clone(), endpoint, proxy, tls, concurrency),
            head,
            origin,
            address,
            settings,
            signatures: Signatures::default(),
        }))
    }

    /// Starts a call, and returns its number. What comes of it arrives in `mailbox`.
    ///
    /// # Errors
    /// Those of [`Engine::of_this_process`].
    pub fn start(self: &Arc<Self>, call: Call, mailbox: &Arc<Mailbox>) -> io::Result<u64> {
        let engine = Engine::of_this_process()?;
        let number = Engine::next_number();
        let client = Arc::clone(self);
        let mut report = Report::new(number, Arc::clone(mailbox), self.address.clone(), call.msgtype.clone());
        let brief = (!is_held(&call.msgtype)).then(|| engine.count_brief());
        let is_alone = brief.as_ref().is_some_and(|brief| brief.is_alone) && call.message.len() <= SMALL;
        let work = async move {
            let _brief = brief;
            let result = client.call(call, &mut report.attempt).await;
            report.deliver(result.map(Outcome::Payload));
        };
        if is_alone && self.pools.current().has_idle() {
            engine.begin(number, work);
        } else {
            engine.spawn(number, work);
        }
        Ok(number)
    }

    /// Starts to open a subscription socket, and returns the number under which it arrives.
    ///
    /// # Errors
    /// Those of [`Engine::of_this_process`].
    pub fn subscribe(self: &Arc<Self>, mailbox: &Arc<Mailbox>) -> io::Result<u64> {
        let engine = Engine::of_this_process()?;
        let number = Engine::next_number();
        let client = Arc::clone(self);
        let mut report =
            Report::new(number, Arc::clone(mailbox), self.address.clone(), "the subscription".into());
        engine.spawn(number, async move {
            let (timeout, max) = (client.settings.timeout, client.settings.max_reply_bytes);
            let dialer = Arc::clone(&client.pools.current().dialer);
            let result = Subscription::open(&dialer, timeout, max, &mut report.attempt).await;
            report.deliver(result.map(Outcome::Opened));
        });
        Ok(number)
    }

    /// Closes the idle connections. Calls may follow; they open others.
    pub fn close_idle(&self) {
        self.pools.clear();
    }

    async fn call(self: &Arc<Self>, call: Call, attempt: &mut Attempt) -> Result<Vec<u8>, Error> {
        let turns = Arc::clone(&self.pools.current().turns);
        let _turn = if is_held(&call.msgtype) { None } else { turns.acquire().await.ok() };
        let (msgtype, timeout) = (call.msgtype.clone(), call.timeout.unwrap_or(self.settings.timeout));
        let mut body = Some(self.sealed(call).await);
        let limit = Limit::from_now(timeout);
        let answer = self.exchange(&msgtype, &mut body, limit, attempt).await;
        let answer = answer.map_err(|fault| fault.of_call(&self.address, &msgtype))?;
        self.opened(msgtype, answer).await
    }

    async fn sealed(self: &Arc<Self>, call: Call) -> Vec<u8> {
        if call.message.len() <= LARGE {
            return self.seal(&call);
        }
        let client = Arc::clone(self);
        let call = Arc::new(call);
        let given = Arc::clone(&call);
        match task::spawn_blocking(move || client.seal(&given)).await {
            Ok(body) => body,
            Err(_) => self.seal(&call),
        }
    }

    fn seal(&self, call: &Call) -> Vec<u8> {
        match &call.key {
            Some(key) => {
                seal_with(&call.msgtype, &call.message, |payload| self.signatures.sign(payload, key))
            }
            None => seal_unsigned(&call.msgtype, &call.message),
        }
    }

    async fn opened(&self, msgtype: String, answer: Answer) -> Result<Vec<u8>, Error> {
        if answer.body.len() <= LARGE {
            return open_reply(&self.address, &msgtype, answer.status, &answer.body);
        }
        let address = self.address.clone();
        let large = task::spawn_blocking(move || open_reply(&address, &msgtype, answer.status, &answer.body));
        large.await.unwrap_or_else(|fault| {
            Err(Error::Protocol {
                address: self.address.clone(),
                status: None,
                what: format!("the reply could not be read: {fault}"),
                excerpt: String::new(),
            })
        })
    }

    async fn exchange(
        &self,
        msgtype: &str,
        body: &mut Option<Vec<u8>>,
        limit: Limit,
        attempt: &mut Attempt,
    ) -> Result<Answer, Fault> {
        let is_repeatable = only_reads(msgtype);
        let mut repeats = 0;
        loop {
            let pool = self.pools.current();
            attempt.begin();
            let once = self.once(&pool, body, is_repeatable, limit, attempt);
            let failed = match within(limit, once).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(failed)) => failed,
                Err(elapsed) => (late(limit)(elapsed), None),
            };
            let (failure, status) = failed;
            let verdict = judge(attempt, &failure, is_repeatable, repeats);
            if verdict.retire {
                self.pools.retire(&pool);
            }
            if !verdict.again || body.is_none() {
                return Err(Fault::explain(failure, attempt, status));
            }
            repeats += 1;
        }
    }

    async fn once(
        &self,
        pool: &Pool,
        body: &mut Option<Vec<u8>>,
        is_repeatable: bool,
        limit: Limit,
        attempt: &mut Attempt,
    ) -> Result<Answer, Failed> {
        let content = body.as_deref().unwrap_or_default();
        let mut outgoing = Outgoing::new(&self.head, content.len(), self.origin.as_deref())?;
        let mut stream = match pool.take() {
            Some(stream) => stream,
            None => pool
                .dialer
                .dial(Purpose::Requests, attempt, limit)
                .await
                .map_err(|failure| (failure, None))?,
        };
        attempt.enter(colonies_client::Phase::Send);
        let unread =
            outgoing.write(&mut stream, content).await.map_err(|fault| (Failure::Io(fault), None))?;
        if unread.is_none() {
            attempt.note_sent();
            if !is_repeatable {
                *body = None; // it is not sent again, and a call may wait for long
            }
        } else {
            attempt.enter(colonies_client::Phase::Reply);
        }
        let answer = outgoing.read(&mut stream, attempt, self.settings.max_reply_bytes, unread).await?;
        if answer.keep {
            pool.put(stream);
        }
        Ok(answer)
    }
}

fn head(url: &str, proxy: Option<&Proxy>) -> Result<Request<()>, Error> {
    let uri: Uri =
        url.parse().map_err(|fault| Error::Settings { what: format!("{url:?} is not a URL: {fault}") })?;
    let mut head = Request::new(());
    *head.method_mut() = Method::POST;
    *head.uri_mut() = uri;
    let headers = head.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(NAME, HeaderValue::from_static(USER_AGENT));
    if let Some(value) = proxy.and_then(|proxy| proxy.authorization.clone()) {
        headers.insert(PROXY_AUTHORIZATION, value);
    }
    Ok(head)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use colonies_client::Tls;

    use super::*;

    #[test]
    fn a_call_that_waits_is_small() {
        let client = Client::new(Settings::new("localhost", 1, Tls::Off), 1).unwrap();
        let call = Call { msgtype: String::new(), message: Vec::new(), key: None, timeout: None };
        let mut attempt = Attempt::default();
        let size = size_of_val(&client.call(call, &mut attempt));
        assert!(size <= 2048, "{size} bytes");
    }
}
