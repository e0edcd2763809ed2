//! Serves on a port with the development keys until standard input ends:
//! `cargo run -p colonies-devserver --example serve -- 50080`.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr};

use colonies_devserver::{Config, Server};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().unwrap_or_else(|| "50080".to_owned()).parse()?;
    let data_dir = arguments.next().map(Into::into);
    let bind = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut server = Server::start(Config { bind, data_dir, ..Config::default() })?;
    writeln!(std::io::stdout(), "listening on {}", server.address())?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    server.stop();
    Ok(())
}
