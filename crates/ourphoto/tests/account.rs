//! An account on a server comes back with the recovery kit, over the command line; the key in it stays where it is.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use support::served::{client, login, serve};
use support::{Cli, Ran};
use vault::keys::SecretKey;

const NEW: &str = "another good long passphrase";

fn with_stdin(cli: &Cli, args: &[&str], input: &str) -> Ran {
    let mut child = client(cli).args(args).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Ran::from(child.wait_with_output().unwrap())
}

fn recover(cli: &Cli, address: &str, email: &str, kit: &Path, password: &str) -> Ran {
    let kit = kit.to_str().unwrap();
    let args =
        ["account", "recover", "--server", address, "--email", email, "--kit", kit, "--password-stdin"];
    with_stdin(cli, &args, &format!("{password}\n"))
}

/// Stands between client and server, and keeps what the client says.
fn listening_in(server: &str) -> (String, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = server.strip_prefix("http://").unwrap().to_owned();
    let heard: Arc<Mutex<Vec<u8>>> = Arc::default();
    let keep = Arc::clone(&heard);
    std::thread::spawn(move || {
        for asking in listener.incoming().map_while(Result::ok) {
            let answering = TcpStream::connect(&server).unwrap();
            let (mut from, mut to) = (asking.try_clone().unwrap(), answering.try_clone().unwrap());
            let keep = Arc::clone(&keep);
            std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(read @ 1..) = from.read(&mut buffer) {
                    keep.lock().unwrap().extend_from_slice(&buffer[..read]);
                    if to.write_all(&buffer[..read]).is_err() {
                        break;
                    }
                }
                let _ = to.shutdown(Shutdown::Write);
            });
            std::thread::spawn(move || std::io::copy(&mut &answering, &mut &asking));
        }
    });
    (address, heard)
}

#[test]
fn the_kit_gives_an_account_a_new_password_and_its_key_does_not_travel() {
    let cli = Cli::set_up();
    let served = serve(&cli);
    let (address, heard) = listening_in(&served.address);
    let kit = cli.path("kit.txt");
    assert_eq!(login(&cli, &address).code, 0);

    let other = cli.path("other.txt");
    std::fs::write(&other, SecretKey::generate().reveal().as_bytes()).unwrap();
    let refused = recover(&cli, &address, "ana@example.org", &other, NEW);
    assert!(refused.code != 0 && refused.stderr.contains("not the recovery key"), "{}", refused.stderr);
    std::fs::write(&other, "no key").unwrap();
    let refused = recover(&cli, &address, "ana@example.org", &other, NEW);
    assert!(refused.code == 2 && refused.stderr.contains("AGE-SECRET-KEY-1"), "{}", refused.stderr);
    let refused = recover(&cli, &address, "ana@example.org", &kit, "short");
    assert!(refused.code == 2 && refused.stderr.contains("too short"), "{}", refused.stderr);
    let refused = recover(&cli, &address, "nobody@example.org", &kit, NEW);
    assert!(refused.code != 0 && refused.stderr.contains("no account"), "{}", refused.stderr);

    let done = recover(&cli, &address, "ana@example.org", &kit, NEW);
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    assert_ne!(Ran::from(client(&cli).args(["ls"]).output().unwrap()).code, 0, "signed out");
    assert_ne!(login(&cli, &address).code, 0, "the old password");
    let args = ["login", &address, "--email", "ana@example.org", "--password-stdin"];
    assert_eq!(with_stdin(&cli, &args, &format!("{NEW}\n")).code, 0);

    let printed = std::fs::read_to_string(&kit).unwrap();
    let key = printed.lines().find(|line| line.starts_with("AGE-SECRET-KEY-1")).unwrap();
    let heard = String::from_utf8_lossy(&heard.lock().unwrap()).into_owned();
    assert!(heard.contains("/api/v1/recoveries/kit/finish"), "{heard}");
    assert!(!heard.to_uppercase().contains("SECRET-KEY") && !heard.contains(key), "{heard}");
    assert!(!done.stdout.contains(key) && !done.stderr.contains(key));
    served.stop();
}
