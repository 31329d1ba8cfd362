//! The worker as tests start it; with a word it does something forbidden inside the sandbox instead.

fn main() {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let deed = match words.first() {
        Some(word) if word != ourphoto_media::worker::FILM_WORD => word.to_string_lossy().into_owned(),
        _ => ourphoto_media::worker::run(&words),
    };
    // Ready before the walls go up, so that only the deed itself is judged.
    let walls = ourphoto_media::worker::enter_sandbox(256 << 20, 2);
    assert!(walls.rlimits, "limits must hold everywhere");
    let escaped = match deed.as_str() {
        "nothing" => true,
        "open" => std::fs::File::open("/etc/passwd").is_ok(),
        "create" => std::fs::write("/tmp/ourphoto-escaped", "x").is_ok(),
        "socket" => std::net::UdpSocket::bind("127.0.0.1:0").is_ok(),
        "exec" => std::process::Command::new("/bin/true").status().is_ok(),
        "thread" => std::thread::Builder::new().spawn(|| ()).is_ok(),
        "memory" => {
            let hoard = vec![1u8; 1 << 30];
            hoard.iter().map(|byte| u64::from(*byte)).sum::<u64>() > 0
        }
        "spin" => loop {
            std::hint::spin_loop();
        },
        "hang" => loop {
            std::thread::sleep(std::time::Duration::from_secs(1));
        },
        _ => false,
    };
    std::process::exit(i32::from(!escaped))
}
