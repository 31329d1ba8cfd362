//! Answers that end before their time without a sign of it, as a broken proxy or cache gives them.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

use super::Counts;

/// Carries one request and its answer; the connection ends with it, so that the next one is another.
pub(super) fn pass(client: &TcpStream, server: &TcpStream, least: u64, counts: &Counts) {
    // Whoever breaks the connection meanwhile knows it.
    let _ = exchange(client, server, least, counts);
    let _ = client.shutdown(Shutdown::Write);
    let _ = server.shutdown(Shutdown::Both);
}

fn exchange(client: &TcpStream, server: &TcpStream, least: u64, counts: &Counts) -> io::Result<()> {
    let mut asked = BufReader::new(client);
    let mut head = head_of(&mut asked)?;
    let is_get = head.first().is_some_and(|line| line.starts_with("GET "));
    head.retain(|line| name_of(line) != "connection");
    head.push("Connection: close\r\n".to_owned());
    let mut to = server;
    write_head(&mut to, &head)?;
    thread::scope(|scope| {
        // The body of the request goes on beside the answer; it ends when the client has it.
        scope.spawn(|| io::copy(&mut asked, &mut { server }));
        let answered = answer(client, server, is_get.then_some(least), counts);
        let _ = client.shutdown(Shutdown::Both);
        answered
    })
}

fn answer(client: &TcpStream, server: &TcpStream, least: Option<u64>, counts: &Counts) -> io::Result<()> {
    let mut answered = BufReader::new(server);
    let mut head = head_of(&mut answered)?;
    // A server asks for the body of a request before it answers.
    while head.first().is_some_and(|line| line.contains(" 100 ")) {
        write_head(&mut { client }, &head)?;
        head = head_of(&mut answered)?;
    }
    let length = head.iter_mut().find(|line| name_of(line) == "content-length");
    let size = length.as_ref().and_then(|line| line.split_once(':')?.1.trim().parse::<u64>().ok());
    let mut passed = u64::MAX;
    if let (Some(line), Some(size), Some(least)) = (length, size, least)
        && size >= least
        && counts.take()
    {
        passed = size / 2;
        *line = format!("Content-Length: {passed}\r\n");
    }
    write_head(&mut { client }, &head)?;
    io::copy(&mut answered.take(passed), &mut { client }).map(drop)
}

/// The lines of a head, without the empty one at its end.
fn head_of(from: &mut impl BufRead) -> io::Result<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line.trim().is_empty() {
            return Ok(lines);
        }
        lines.push(line);
    }
}

fn write_head(to: &mut impl Write, lines: &[String]) -> io::Result<()> {
    to.write_all(format!("{}\r\n", lines.concat()).as_bytes())
}

fn name_of(line: &str) -> String {
    line.split(':').next().unwrap_or_default().trim().to_ascii_lowercase()
}
